// What was said, growing while it is said. A final turn replaces its pieces with what was really heard.

const NAMES = { caller: "Caller", agent: "Agent", system: "System" };

export class Transcript {
  constructor(element, names = {}) {
    this.element = element;
    this.names = { ...NAMES, ...names };
    this.clear();
  }

  get empty() {
    return this.lines.size === 0;
  }

  clear() {
    this.lines = new Map(); // item id → paragraph
    this.element.replaceChildren();
  }

  hear(type, data) {
    if (type === "transcript") this.write(data, data.final ? data.text : this.text(data.item_id) + data.text);
    else if (type === "turn") this.turn(data);
    else if (type === "interrupted") this.lines.get(data.item_id)?.classList.add("interrupted");
  }

  turn(data) {
    const line = this.write(data, data.text);
    line.dataset.at = data.at_ms;
    line.classList.toggle("interrupted", data.interrupted);
    this.putInOrder(line, data.at_ms);
  }

  // Speech-to-text may finish after the answer to it has begun.
  putInOrder(line, at) {
    for (const other of this.element.querySelectorAll("[data-at]")) {
      if (other !== line && Number(other.dataset.at) > at) return other.before(line);
    }
  }

  write({ item_id: id, role }, text) {
    let line = this.lines.get(id);
    if (!line) {
      line = document.createElement("p");
      line.className = `line ${role}`;
      const who = document.createElement("b");
      who.textContent = this.names[role];
      line.append(who, document.createElement("span"));
      this.lines.set(id, line);
      this.element.append(line);
    }
    line.querySelector("span").textContent = text;
    this.element.scrollTop = this.element.scrollHeight;
    return line;
  }

  text(id) {
    return this.lines.get(id)?.querySelector("span").textContent ?? "";
  }

  say(sentence) {
    const line = document.createElement("p");
    line.className = "quiet";
    line.textContent = sentence;
    this.element.replaceChildren(line);
  }
}
