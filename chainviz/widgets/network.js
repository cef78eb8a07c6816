// A network in training, drawn on canvases from one packed frame: wires, unit maps, pulses, lamps, plane, loss.
// Values are grey, derivatives have colour: blue is positive, orange negative.

const SECTIONS = ["sizes", "facts", "points", "weights", "pulses", "above", "through", "slope", "adjoint", "should",
  "plane", "units", "curve"];
const FACTS = ["steps", "loss", "twin", "point", "layer", "answer", "label"];
const COLOURS = ["bg", "ink", "muted", "rule", "pos", "neg", "wire"];
const TURN = 2 * Math.PI, SECONDS_A_PULSE = 1.6, SHORTEST_MOMENT = 30, UNIT = 29, SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const decades = (x) => Math.log10(Math.abs(x) + 1e-9);
const square = (values) => Math.round(Math.sqrt(values.length));
const subscript = (k) => [...String(k)].map((digit) => SUBSCRIPTS[digit]).join("");
const rgb = (parts) => `rgb(${parts.map(Math.round).join(" ")})`;
const mix = (from, to, share) => from.map((part, k) => part + (to[k] - part) * share);

/** Four significant digits or fewer, with a true minus: the rule of formatting.py. */
function format(x, digits = 4) {
  if (Number.isNaN(x)) return "NaN";
  const size = Math.abs(x), sign = x < 0 ? "−" : "";
  if (size === Infinity) return `${sign}∞`;
  if (size === 0) return "0";
  if (size >= 1e-4 && size < 1e6) return sign + String(+size.toPrecision(digits));
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  const raised = [...String(+exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${sign}${+mantissa}·10${raised}`;
}

/** A frame's sections by name, and its facts beside them; see `pack` in network.py. */
export function unpack(view) {
  const numbers = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const made = {};
  let at = SECTIONS.length;
  SECTIONS.forEach((name, k) => { made[name] = numbers.subarray(at, at += numbers[k]); });
  FACTS.forEach((name, k) => { made[name] = made.facts[k]; });
  return made;
}

/** A canvas of the size it has on the page, cleared, in CSS pixels. */
function ready(canvas, height) {
  const width = canvas.clientWidth, ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

/** The colours at the probes: opaque, with 201 greys for values from -1 to 1 as pixels, and the font. */
function coloursAt(probes) {
  const found = probes.map((probe) => getComputedStyle(probe).color.match(/[\d.]+/g).map(Number));
  const bg = found[0].slice(0, 3);
  const colours = Object.fromEntries(found.map((c, k) => [COLOURS[k], mix(bg, c, c[3] ?? 1)]));
  const tint = mix(bg, colours.wire, 0.27);
  const pixels = new Uint8ClampedArray(4 * 201);
  for (let k = 0; k <= 200; k++) {
    const v = (k - 100) / 100;
    pixels.set([...mix(tint, v < 0 ? bg : colours.wire, Math.abs(v) ** 0.8), 255], 4 * k);
  }
  return { ...colours, greys: new Uint32Array(pixels.buffer), font: getComputedStyle(probes[0]).fontFamily };
}

const sheets = {}; // one for each size, drawn on again and again

/** Values from -1 (background) over 0 (a tint) to 1 (dark) as a grey image of n x n pixels. */
function grey(values, colours) {
  const n = square(values), image = new ImageData(n, n), pixels = new Uint32Array(image.data.buffer);
  values.forEach((v, k) => { pixels[k] = colours.greys[Math.round(100 + 100 * clamp(v, -1, 1)) || 0]; });
  const canvas = sheets[n] ??= new OffscreenCanvas(n, n);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** The point on a wire (a cubic with level ends) at share t of its way. */
function along([x1, y1, x2, y2], t) {
  const u = 1 - t, middle = (x1 + x2) / 2;
  const x = u ** 3 * x1 + 3 * u * t * middle + t ** 3 * x2;
  return [x, (u ** 3 + 3 * u * u * t) * y1 + (t ** 3 + 3 * u * t * t) * y2];
}

/** Where every unit of every layer stands: [layer][unit] = [x, y]. */
function places(sizes, width, height) {
  const last = sizes.length - 1, head = last > 2 ? 16 : 0; // several hidden layers are named on top
  return [...sizes].map((units, layer) => {
    const inner = layer > 0 && layer < last;
    const x = layer === 0 ? 40 : 40 + (width - 92) * (layer / last);
    const gap = inner ? (height - 14 - head) / units : height * 0.42;
    const middle = (height + head) / 2 + (layer === last ? -6 : layer ? 2 : -4);
    return Array.from({ length: units }, (_, k) => [x, middle + (k - (units - 1) / 2) * gap]);
  });
}

function drawNetwork(canvas, f, colours, phase, least) {
  const busiest = Math.max(...f.sizes), { pen, width, height } = ready(canvas, clamp(busiest * 27 + 62, least, 420));
  const at = places(f.sizes, width, height), layers = f.sizes.length - 1;
  const unit = clamp((height - 30) / busiest - 4, 10, UNIT);
  const edge = (layer) => (layer === 0 ? 17 : layer === layers ? 20 : unit / 2);
  const dots = [];
  let k = 0;
  for (let layer = 0; layer < layers; layer++) {
    const rest = layer === layers - 1 ? 0.22 : 0.8, done = clamp(layers * phase - (layers - 1 - layer), 0, 1);
    const t = phase === null ? rest : 1 - done, shown = phase === null || (t > 0 && t < 1);
    const crowd = clamp(24 / (f.sizes[layer] * f.sizes[layer + 1]), 0.3, 1) ** 0.5;
    for (let to = 0; to < f.sizes[layer + 1]; to++) for (let from = 0; from < f.sizes[layer]; from++, k++) {
      const [x1, y1] = at[layer][from], [x2, y2] = at[layer + 1][to];
      const ends = [x1 + edge(layer), y1, x2 - edge(layer + 1), y2];
      const weight = f.weights[k], middle = (ends[0] + ends[2]) / 2;
      pen.beginPath();
      pen.moveTo(ends[0], y1);
      pen.bezierCurveTo(middle, y1, middle, y2, ends[2], y2);
      pen.setLineDash(weight < 0 ? [6, 4] : []);
      pen.lineWidth = clamp(1.6 + 2.2 * decades(weight), 0.5, 5) * crowd;
      pen.globalAlpha = clamp(0.6 + 0.35 * decades(weight), 0.3, 0.95);
      pen.strokeStyle = rgb(colours.wire);
      pen.stroke();
      const r = clamp(7.2 + 1.7 * decades(f.pulses[k]), 0, 8.5) * crowd;
      if (shown && r > 0.9 * crowd) dots.push([along(ends, t), along(ends, Math.min(1, t + 0.085)), r, f.pulses[k]]);
    }
    k += f.sizes[layer + 1];
  }
  pen.setLineDash([]);
  pen.lineCap = "round";
  for (const [[x, y], [tx, ty], r, gradient] of dots) {
    pen.globalAlpha = 0.28;
    pen.strokeStyle = pen.fillStyle = rgb(gradient < 0 ? colours.neg : colours.pos);
    pen.lineWidth = 1.5 * r;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(tx, ty); pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath(); pen.arc(x, y, r, 0, TURN); pen.fill();
    pen.strokeStyle = rgb(colours.bg);
    pen.lineWidth = 1.2;
    pen.stroke();
  }
  pen.globalAlpha = 1;
  drawUnits(pen, f, at, colours, unit);
  return at.map((layer) => layer[0][0]);
}

function drawUnits(pen, f, at, colours, unit) {
  const last = at.length - 1;
  const text = (words, x, y, colour, size = 12, align = "center") => {
    pen.font = `${size}px ${colours.font}`;
    pen.textAlign = align;
    pen.strokeStyle = rgb(colours.bg);
    pen.lineWidth = 3;
    pen.strokeText(words, x, y); // a halo, where pulses pass
    pen.fillStyle = rgb(colour);
    pen.fillText(words, x, y);
  };
  const disc = ([x, y], r, words) => {
    pen.beginPath(); pen.arc(x, y, r, 0, TURN);
    pen.fillStyle = rgb(colours.bg); pen.fill();
    pen.strokeStyle = rgb(colours.muted); pen.lineWidth = 1.3; pen.stroke();
    text(words, x, y + 5, colours.ink, 15);
  };
  const hidden = f.sizes.slice(1, -1).reduce((sum, units) => sum + units, 0), cells = f.units.length / hidden;
  let k = 0;
  for (let layer = 1; layer < last; layer++) {
    at[layer].forEach(([x, y], which) => {
      pen.imageSmoothingEnabled = true;
      pen.drawImage(grey(f.units.subarray(k, k += cells), colours), x - unit / 2, y - unit / 2, unit, unit);
      pen.strokeStyle = rgb(colours.ink);
      pen.lineWidth = layer === f.layer && last > 2 ? 2.2 : 1.2;
      pen.strokeRect(x - unit / 2, y - unit / 2, unit, unit);
      if (unit > 24) text(which + 1, x - unit / 2 - 5, y - unit / 2 + 8, colours.muted, 11, "right");
    });
    if (last > 2) text(`layer ${layer}`, at[layer][0][0], 10, layer === f.layer ? colours.ink : colours.muted);
  }
  const at4 = 4 * f.point, input = [f.points[at4], f.points[at4 + 1]];
  at[0].forEach((place, which) => {
    disc(place, 17, `x${subscript(which + 1)}`);
    text(format(input[which], 3), place[0], place[1] + 33, colours.muted);
  });
  const [x, y] = at[last][0];
  disc([x, y], 20, "ŷ");
  text(format(f.answer, 3), x, y + 37, colours.ink);
  text(`want ${f.label}`, x, y + 52, colours.muted);
}

/** Lines where the logits on the grid are 0, by marching squares. */
function boundary(pen, values, width, height) {
  const n = square(values) - 1, value = (i, j) => values[j * (n + 1) + i];
  pen.beginPath();
  for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) {
    const a = value(i, j), b = value(i + 1, j), c = value(i, j + 1), d = value(i + 1, j + 1), crossed = [];
    if (a < 0 !== b < 0) crossed.push([i + a / (a - b), j]);
    if (a < 0 !== c < 0) crossed.push([i, j + a / (a - c)]);
    if (b < 0 !== d < 0) crossed.push([i + 1, j + b / (b - d)]);
    if (c < 0 !== d < 0) crossed.push([i + c / (c - d), j + 1]);
    for (let k = 0; k + 1 < crossed.length; k += 2) {
      pen.moveTo((crossed[k][0] / n) * width, (crossed[k][1] / n) * height);
      pen.lineTo((crossed[k + 1][0] / n) * width, (crossed[k + 1][1] / n) * height);
    }
  }
  pen.stroke();
}

function drawPlane(canvas, f, colours) {
  const { pen, width, height } = ready(canvas, Math.min(canvas.clientWidth, 268)), n = square(f.plane);
  const shade = grey(f.plane.map((s) => 1.3 * (1 / (1 + Math.exp(-s)) - 0.5)), colours);
  const [dx, dy] = [width / (n - 1), height / (n - 1)];
  pen.imageSmoothingEnabled = true;
  pen.drawImage(shade, -dx / 2, -dy / 2, width + dx, height + dy); // a pixel's middle is a grid point
  pen.strokeStyle = rgb(colours.ink);
  pen.lineWidth = 1.6;
  boundary(pen, f.plane, width, height);
  for (let k = 0; k < f.points.length; k += 4) {
    const [px, py, label, error] = f.points.subarray(k, k + 4), x = ((px + 1) / 2) * width, y = ((1 - py) / 2) * height;
    pen.beginPath();
    if (label) pen.arc(x, y, 4, 0, TURN); else pen.rect(x - 3.5, y - 3.5, 7, 7);
    pen.fillStyle = rgb(mix(colours.bg, error < 0 ? colours.neg : colours.pos, clamp(Math.abs(error) ** 0.6, 0, 1)));
    pen.fill();
    pen.strokeStyle = rgb(colours.ink);
    pen.lineWidth = 1;
    pen.stroke();
    if (k !== 4 * f.point) continue;
    pen.beginPath(); pen.arc(x, y, 8, 0, TURN);
    pen.lineWidth = 2.2;
    pen.stroke();
  }
}

function drawLoss(canvas, f, colours) {
  const { pen, width, height } = ready(canvas, 132), count = f.curve.length / 3, twin = !Number.isNaN(f.twin);
  const [steps, losses, twins] = [0, 1, 2].map((k) => f.curve.subarray(k * count, (k + 1) * count));
  const top = 1.05 * Math.max(0.8, ...losses.filter(Number.isFinite)), end = Math.max(100, f.steps);
  const X = (step) => 34 + (step / end) * (width - 42);
  const Y = (loss) => 18 + (1 - clamp(loss, 0, top) / top) * (height - 38);
  const text = (words, x, y, align) => {
    pen.textAlign = align;
    pen.fillStyle = rgb(colours.muted);
    pen.fillText(words, x, y);
  };
  pen.font = `11.5px ${colours.font}`;
  for (const level of [0, top > 1.2 ? +(top / 2).toPrecision(1) : 0.5]) {
    pen.beginPath(); pen.moveTo(34, Y(level)); pen.lineTo(width - 8, Y(level));
    pen.strokeStyle = rgb(level ? colours.rule : colours.muted);
    pen.lineWidth = 1;
    pen.stroke();
    text(format(level, 2), 28, Y(level) + 4, "right");
  }
  text("0", 34, height - 4, "left");
  text(`${end} steps`, width - 8, height - 4, "right");
  if (twin) text(`dashed: all lamps on, ${format(f.twin)}`, width - 8, 11, "right");
  const line = (values, colour, weight, dashes) => {
    pen.beginPath();
    steps.forEach((step, k) => { if (Number.isFinite(values[k])) pen.lineTo(X(step), Y(values[k])); });
    pen.setLineDash(dashes);
    pen.strokeStyle = rgb(colour);
    pen.lineWidth = weight;
    pen.stroke();
    pen.setLineDash([]);
  };
  if (twin) line(twins, colours.muted, 1.6, [4, 3]);
  line(losses, colours.ink, 2, []);
  pen.beginPath(); pen.arc(X(f.steps), Y(Number.isFinite(f.loss) ? f.loss : top), 3.5, 0, TURN);
  pen.fillStyle = rgb(colours.ink);
  pen.fill();
}

/** A number in a cell, in at most five characters. */
function short(v) {
  if (v === 0 || v === 1) return String(v);
  if (Math.abs(v) < 5e-4) return "≈ 0";
  const digits = Math.abs(v) < 0.0995 ? 3 : Math.abs(v) < 10 ? 2 : 0;
  return Number.isFinite(v) ? v.toFixed(digits).replace("-", "−") : format(v);
}

/** The table of the chosen layer's lamps: three that can be put out, their product, and what it should be. */
function lampTable(model, lamps) {
  const element = (name, className = "", textContent = "") =>
    Object.assign(document.createElement(name), { className, textContent });
  const [root, title, words, rule, table] = ["div", "h3", "b", "span", "table"].map((name) => element(name));
  title.append(words, rule);
  const scroll = element("div", "chainviz-net-scroll");
  scroll.append(table);
  root.append(title, scroll);
  const head = table.createTHead().insertRow(), body = table.createTBody();
  head.append(element("th", "", "click a lamp"));
  const buttons = lamps.map((lamp, k) => {
    const button = element("button"), row = body.insertRow();
    button.append(element("i"), `${k ? "× " : ""}${lamp}`);
    button.onclick = () => model.send({ kind: "lamp", lamp });
    row.append(element("th"));
    row.cells[0].append(button);
    return button;
  });
  for (const [name, words] of [["sum", ""], ["should", "it should be"]]) {
    const row = body.insertRow();
    row.className = name;
    row.append(element("th", "", words));
  }
  const fit = (row, count) => {
    while (row.cells.length > count + 1) row.deleteCell(-1);
    while (row.cells.length < count + 1) row.insertCell();
    return [...row.cells].slice(1);
  };
  const fill = (row, values, count) => fit(row, count).forEach((cell, k) => {
    const v = values[k], text = v === undefined ? "" : short(v);
    if (cell.textContent !== text) cell.textContent = text;
    cell.title = v === undefined ? "" : format(v);
    const strength = Math.round(100 * clamp(0.5 + 0.25 * decades(v), 0.03, 0.62));
    const tint = text ? `color-mix(in srgb, var(--${v < 0 ? "neg" : "pos"}) ${strength}%, var(--bg))` : "none";
    if (cell.dataset.tint !== tint) cell.style.background = cell.dataset.tint = tint;
  });
  let ruleOf = 0;
  const draw = (f) => {
    const layer = f.layer, units = f.sizes[layer], next = f.sizes[layer + 1], count = Math.max(units, next);
    const unlit = model.get("unlit");
    words.textContent = `Three lamps make the ${f.sizes.length > 3 ? `adjoint of layer ${layer}` : "hidden layer’s adjoint"}`;
    if (ruleOf !== layer) rule.innerHTML = equation(layer);
    ruleOf = layer;
    table.style.minWidth = `${182 + 43 * count}px`;
    fit(head, count).forEach((cell, k) => { cell.textContent = k + 1; });
    [next === 1 ? Array(units).fill(f.above[0]) : f.above, f.through, f.slope].forEach((values, k) => {
      const on = !unlit.includes(lamps[k]);
      body.rows[k].className = on ? "" : "off";
      buttons[k].setAttribute("aria-pressed", on);
      fill(body.rows[k], values, count);
    });
    buttons[1].lastChild.textContent = `× ${lamps[1]}${next > 1 ? "s" : ""}`;
    body.rows[3].cells[0].textContent = `= adjoint δ${subscript(layer)}`;
    fill(body.rows[3], f.adjoint, count);
    fill(body.rows[4], f.should, count);
    body.rows[4].style.visibility = unlit.length ? "" : "hidden";
  };
  return { root, draw };
}

/** MathML: the adjoint of layer l is the transposed weights times the next one, times the activation derivative. */
const equation = (l) => `<math><msub><mi>δ</mi><mn>${l}</mn></msub><mo>=</mo>
  <msubsup><mi>W</mi><mn>${l + 1}</mn><mo>⊤</mo></msubsup><msub><mi>δ</mi><mn>${l + 1}</mn></msub><mo>⊙</mo>
  <msup><mi>φ</mi><mo>′</mo></msup><mo stretchy="false">(</mo><msub><mi>z</mi><mn>${l}</mn></msub><mo stretchy="false">)</mo></math>`;

const PAGE = `<div class="chainviz-net-wires">
    <h3><span>line: weight, dashed if negative</span><span>dot: gradient, <b class="pos">blue +</b> <b class="neg">orange −</b></span></h3>
    <canvas tabindex="0" role="img"></canvas></div>
  <p class="chainviz-net-unlayered" hidden></p>
  <div class="chainviz-net-lamps"></div>
  <div class="chainviz-net-side">
    <div><h3>Decision boundary <span><i class="key"></i>0 <i class="key round"></i>1 &nbsp; fill: ŷ − y</span></h3>
    <canvas class="chainviz-net-plane" tabindex="0" role="img"></canvas></div>
    <div><h3>Loss <span class="chainviz-net-loss"></span></h3><canvas role="img"></canvas></div></div>
  <div class="chainviz-net-colours" aria-hidden="true">
    ${COLOURS.map((name) => `<span style="color: var(--${name})"></span>`).join("")}</div>`;

export default {
  render({ model, el }) {
    el.classList.add("chainviz-net");
    el.innerHTML = PAGE;
    const [wires, plane, loss] = el.querySelectorAll("canvas");
    const probes = [...el.querySelectorAll(".chainviz-net-colours span")];
    const lamps = lampTable(model, model.get("lamps")), now = el.querySelector(".chainviz-net-loss");
    el.querySelector(".chainviz-net-lamps").append(lamps.root);
    const layered = [wires.parentElement, lamps.root.parentElement], unlayered = el.querySelector(".chainviz-net-unlayered");
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    let frame = null, here = null, columns = [], fresh = 0, started = null, once = false, waiting = 0, drawn = 0;
    const draw = (time) => {
      waiting = 0;
      if (!fresh && started !== null && time - drawn < SHORTEST_MOMENT) return soon();
      if (!frame || !el.clientWidth) return;
      const moving = started !== null && !calm.matches, turn = moving ? (time - started) / 1000 / SECONDS_A_PULSE : 0;
      if (once && turn >= 1) started = null;
      here ??= coloursAt(probes);
      drawn = time;
      const phase = moving && started !== null ? Math.max(0, turn) % 1 : null;
      if (frame.sizes.length) {
        const least = lamps.root.clientWidth > wires.clientWidth + 50 ? 400 : 278;
        columns = drawNetwork(wires, frame, here, phase, least);
      }
      if (fresh || phase === null) {
        drawPlane(plane, frame, here);
        drawLoss(loss, frame, here);
        if (frame.sizes.length) lamps.draw(frame);
        now.textContent = `${format(frame.loss)} after ${frame.steps} step${frame.steps === 1 ? "" : "s"}`;
      }
      if (fresh) model.send({ kind: "drawn", frames: fresh });
      fresh = 0;
      if (phase !== null) soon();
    };
    const soon = () => { waiting ||= requestAnimationFrame(draw); };
    const start = (single) => { started = performance.now(); once = single; soon(); };
    const took = () => {
      frame = unpack(model.get("frame"));
      fresh++;
      for (const part of layered) part.hidden = !frame.sizes.length;
      told();
      soon();
    };
    const ran = () => { if (model.get("running")) start(false); else { started = null; soon(); } };
    const told = () => {
      Object.entries({ network: wires, plane, loss }).forEach(([name, canvas]) =>
        canvas.setAttribute("aria-label", model.get("words")[name] ?? ""));
      unlayered.hidden = !frame || frame.sizes.length > 0;
      unlayered.textContent = unlayered.hidden ? "" : model.get("words").network;
    };
    const heard = (message) => { if (message.kind === "pulse" && !model.get("running")) start(true); };
    wires.onclick = (event) => {
      const distances = columns.slice(1, -1).map((x) => Math.abs(event.offsetX - x));
      const layer = distances.indexOf(Math.min(...distances)) + 1;
      if (distances.length > 1 && distances[layer - 1] < 40) model.send({ kind: "layer", layer });
    };
    plane.onclick = (event) => {
      const [right, down] = [event.offsetX / plane.clientWidth, event.offsetY / plane.clientHeight];
      model.send({ kind: "click", x: 2 * right - 1, y: 1 - 2 * down });
    };
    const arrows = (canvas, act) => canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || !frame) return;
      event.preventDefault();
      event.stopPropagation();
      act(by);
    });
    arrows(wires, (by) => model.send({ kind: "layer", layer: clamp(frame.layer + by, 1, frame.sizes.length - 2) }));
    arrows(plane, (by) => model.send({ kind: "point", by }));
    const repaint = () => { here = null; soon(); };
    const measure = new ResizeObserver(repaint); // it may have been hidden while the theme changed
    measure.observe(el);
    for (const probe of probes) probe.ontransitionend = repaint; // the theme has changed
    const change = { frame: took, running: ran, unlit: soon, words: told };
    for (const name in change) model.on(`change:${name}`, change[name]);
    model.on("msg:custom", heard);
    told();
    if (model.get("frame")?.byteLength) took();
    ran();
    return () => {
      measure.disconnect();
      cancelAnimationFrame(waiting);
      for (const name in change) model.off(`change:${name}`, change[name]);
      model.off("msg:custom", heard);
    };
  },
};
