"use strict";
// What a query may become, in a list below the search box: an ARIA combobox with a listbox, list
// autocomplete with manual selection. Nothing is selected until an arrow key is pressed, so Enter
// searches for what was typed. Escape closes the list. Without this file the box is a box.

const field = document.getElementById("q");
const list = document.getElementById("suggested");
const PAUSE = 120; // ms without a key before the server is asked
let timer = 0;
let asking = null;
let typed = "";

const options = () => [...list.children];
const chosen = () => list.querySelector('[aria-selected="true"]');

function close() {
  clearTimeout(timer);
  asking?.abort();
  list.hidden = true;
  list.replaceChildren();
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

/** Choose an option, or none, which brings back what was typed. */
function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  field.value = option && !option.dataset.place ? option.dataset.text : typed;
  option?.scrollIntoView({ block: "nearest" });
}

function row(suggestion, number) {
  const option = document.createElement("li");
  const [text, about] = [document.createElement("span"), document.createElement("span")];
  const isPlace = suggestion.kind === "title" || suggestion.kind === "heading";
  option.id = `suggested-${number}`;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.text = suggestion.text;
  option.dataset.url = suggestion.url;
  if (isPlace) option.dataset.place = suggestion.kind;
  text.textContent = suggestion.text;
  text.dir = "auto";
  about.className = "count";
  about.textContent =
    (isPlace ? `${suggestion.kind} · ` : "") + suggestion.total.toLocaleString("en");
  option.append(text, about);
  return option;
}

function show(suggestions) {
  if (!suggestions.length || document.activeElement !== field) return close();
  list.replaceChildren(...suggestions.map(row));
  list.hidden = false;
  field.setAttribute("aria-expanded", "true");
  field.removeAttribute("aria-activedescendant");
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const address = `/api/suggest?${new URLSearchParams({ q: typed })}`;
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (answer.ok) show((await answer.json()).suggestions);
  } catch {
    // Typed on, or no server: there is nothing to show.
  }
}

field.setAttribute("role", "combobox");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", list.id);
field.setAttribute("aria-expanded", "false");

field.addEventListener("input", (event) => {
  typed = field.value;
  clearTimeout(timer);
  if (event.isComposing || !typed.trim()) return close();
  timer = setTimeout(ask, PAUSE);
});

field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const rows = list.hidden ? [] : options();
  if (event.key === "Escape" && rows.length) {
    event.preventDefault(); // which would empty the box
    field.value = typed;
    close();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && rows.length) {
    event.preventDefault();
    const ring = [null, ...rows]; // what was typed, and each row
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose(ring.at((ring.indexOf(chosen()) + step) % ring.length));
  } else if (event.key === "Enter" && chosen()) {
    event.preventDefault();
    location.assign(chosen().dataset.url);
  }
});

list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
list.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) location.assign(option.dataset.url);
});
field.addEventListener("blur", close);
