// A lab's headline: a finding in a sentence, one line that says why, and an error in words where there is one.

/** The text as nodes that keep a derivative, ∂L/∂w, on one line. */
function unbroken(text) {
  return text.split(/(∂[^\s.,:]+)/).map((part) => {
    if (!part.startsWith("∂")) return part;
    const whole = document.createElement("span");
    whole.style.whiteSpace = "nowrap";
    whole.textContent = part;
    return whole;
  });
}

/** The sentence, with one part of it set apart. */
function emphasised(sentence, part) {
  const at = part ? sentence.indexOf(part) : -1;
  if (at < 0) return unbroken(sentence);
  const strong = document.createElement("strong");
  strong.append(...unbroken(part));
  return [...unbroken(sentence.slice(0, at)), strong, ...unbroken(sentence.slice(at + part.length))];
}

export default {
  render({ model, el }) {
    el.classList.add("chainviz-headline");
    const heading = document.createElement("h2"), why = document.createElement("p"), error = document.createElement("p");
    heading.setAttribute("aria-live", "polite");
    error.setAttribute("role", "alert");
    error.className = "chainviz-lab-error";
    el.replaceChildren(heading, why, error);
    const say = () => {
      const text = model.get("sentence");
      if (heading.textContent !== text || heading.dataset.part !== model.get("strong")) {
        heading.replaceChildren(...emphasised(text, model.get("strong")));
        heading.dataset.part = model.get("strong");
      }
      heading.dataset.role = model.get("role");
      why.textContent = model.get("why");
      error.textContent = model.get("error");
      error.hidden = !error.textContent;
    };
    const names = ["sentence", "strong", "role", "why", "error"];
    for (const name of names) model.on(`change:${name}`, say);
    say();
    return () => { for (const name of names) model.off(`change:${name}`, say); };
  },
};
