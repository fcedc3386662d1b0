"use strict";
// `/` goes to the search box; in a document `n` and `p` step through the paragraphs that match.
// Everything else works without this file, and so do the links between the matches.

const box = document.getElementById("q");
const stepper = document.getElementById("stepper");
const matches = [...document.querySelectorAll(".match")];
const keys = { "/": () => { box.focus(); box.select(); } };

let current =
  document.querySelector(".row:target") ?? document.querySelector(".row[aria-current]");

function tell() {
  if (!stepper) return;
  const place = matches.indexOf(current) + 1;
  const all = matches.length === 1 ? "1 match" : `${matches.length} matches`;
  const text = place ? `${place} of ${matches.length}` : all;
  document.getElementById("position").textContent = text;
}

/** Make a paragraph the current one, in the address too, which can be shared. */
function open(row) {
  current?.removeAttribute("aria-current");
  current = row;
  current.setAttribute("aria-current", "true");
  const address = new URL(current.querySelector(".number").href);
  address.search = location.search;
  history.replaceState(null, "", address);
  tell();
}

/** The match one step (1 or -1) from the current paragraph, around the ends. */
function neighbour(step) {
  const place = matches.indexOf(current);
  if (place >= 0) return matches.at((place + step) % matches.length);
  const follows = (row) => row.compareDocumentPosition(current) & Node.DOCUMENT_POSITION_FOLLOWING;
  const before = current ? matches.filter(follows).length : 0;
  return matches.at(step > 0 ? before % matches.length : before - 1);
}

function go(step) {
  const row = neighbour(step);
  open(row);
  row.focus({ preventScroll: true }); // where a screen reader reads on
  (row.querySelector("mark") ?? row).scrollIntoView({ block: "center" });
}

if (stepper) {
  keys.n = () => go(1);
  keys.p = () => go(-1);
  document.getElementById("next").addEventListener("click", keys.n);
  document.getElementById("previous").addEventListener("click", keys.p);
  stepper.hidden = false;
  tell();
}
current?.focus({ preventScroll: true });
if (!location.hash) current?.scrollIntoView();

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const other = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (!(event.key in keys) || typing || other) return;
  event.preventDefault();
  keys[event.key]();
});

// A paragraph's number puts its link into the address, without leaving the page.
document.addEventListener("click", (event) => {
  const number = event.target.closest(".number");
  if (!number || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(number.closest(".row"));
});
