/**
 * What a saved notebook keeps of its players, so that with another kernel they are there again, as they were left.
 * JupyterLab by itself keeps widgets only if a setting says so: then with this script once a player, and nbconvert shows
 * none of them without a network. Among the notebook's widgets it keeps two that no cell shows:
 *
 *   the keeper   a player without a picture: this script, and the states of all players that cells show
 *   the gate     a box of them, which cannot be opened before they are; cells wait for it before they look for theirs
 */

const STATE = "application/vnd.jupyter.widget-state+json", VIEW = "application/vnd.jupyter.widget-view+json";
const watched = globalThis.chainvizWatched ??= new WeakSet(); // by the script of any player: each has one of its own

const isPlayer = ({ state }) => /^chainviz/.test(state._anywidget_id);
const entry = (model_module, model_module_version, model_name, state, buffers = []) =>
  ({ model_module, model_module_version, model_name, state, buffers });
const format = (state) => ({ version_major: 2, version_minor: 0, state });

/** A widget's state as ipywidgets writes it, without the script that the keeper has. */
function entryOf(model, script) {
  const state = model.serialize(model.get_state(true)), buffers = [];
  const { _model_module, _model_module_version, _model_name } = model.attributes;
  for (const [name, value] of Object.entries(state)) {
    if (value === script[name]) delete state[name];
    if (!(value instanceof DataView)) continue;
    const bytes = Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), (b) => String.fromCharCode(b));
    buffers.push({ path: [name], encoding: "base64", data: btoa(bytes.join("")) });
    delete state[name];
  }
  return entry(_model_module, _model_module_version, _model_name, state, buffers);
}

/** The states of a widget and of all that it is made of. */
function statesOf(models, id, script, found = {}) {
  if (found[id] || !models.has(id)) return found;
  found[id] = entryOf(models.get(id), script);
  for (const [, part] of JSON.stringify(found[id].state).matchAll(/IPY_MODEL_(\w+)/g)) statesOf(models, part, script, found);
  return found;
}

function save({ context: { model: notebook }, _modelsSync: models }, script) {
  const { chainviz, chainvizGate, ...state } = notebook.getMetadata("widgets")?.[STATE].state ?? {}, kept = {};
  let player = null;
  for (const { data } of notebook.toJSON().cells.flatMap(({ outputs }) => outputs ?? [])) {
    const states = statesOf(models, data?.[VIEW]?.model_id, script), one = Object.values(states).find(isPlayer);
    if (one) [player] = [one, Object.assign(kept, states)];
  }
  if (!player && !chainviz) return;
  if (player) {
    const children = Object.keys(kept).map((id) => `IPY_MODEL_${id}`);
    state.chainviz = { ...player, buffers: [], state: { ...script, kept } };
    state.chainvizGate = entry("@jupyter-widgets/controls", "2.0.0", "BoxModel", { children });
  }
  notebook.setMetadata("widgets", { [STATE]: format(state) });
}

/** anywidget calls it for each player, before it has a view, and for the keeper. */
export function initialize({ model }) {
  const manager = model.widget_manager, saving = manager?.context?.saveState, kept = model.get("kept");
  if (!saving) return; // no notebook: VS Code, a page of nbconvert
  const script = { _esm: model.get("_esm") };
  if (kept) {
    const absent = Object.entries(kept).filter(([id]) => !manager.has_model(id));
    manager.set_state(format(Object.fromEntries(
      absent.map(([id, each]) => [id, { ...each, state: { ...script, ...each.state } }]))));
  }
  if (watched.has(saving)) return;
  watched.add(saving);
  saving.connect((_, phase) => { if (phase === "started") save(manager, script); });
}
