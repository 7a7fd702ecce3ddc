// Ticking the rows of a list: all of a page, from one to another, by key; the bar says how many and stays in
// sight. Without this script the rows are ticked one by one.

const bar = document.querySelector("form[data-ticks]");
const boxes = bar ? [...document.querySelectorAll(`input[name="ids"][form="${bar.id}"]`)] : [];
const all = bar?.querySelector("[data-tick-all] input");
const none = bar?.querySelector("[data-tick-none]");
const words = bar?.querySelector("[data-tick-words]");
const usual = words?.textContent;

function tell() {
  const count = boxes.filter((one) => one.checked).length;
  bar.toggleAttribute("data-held", count > 0);
  none.hidden = count === 0;
  all.checked = count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
  words.textContent = count ? `Change ${count} ticked section${count === 1 ? "" : "s"}` : usual;
}

function tick(isTicked, ticked = boxes) {
  for (const one of ticked) one.checked = isTicked;
  tell();
}

if (bar) {
  all.closest("label").hidden = false;
  bar.querySelector("[data-tick-keys]").hidden = false;
  all.addEventListener("change", () => tick(all.checked));
  none.addEventListener("click", () => {
    tick(false);
    all.focus();
  });

  // With the shift key, what lies between this tick and the last one becomes like it.
  let last;
  for (const one of boxes) {
    one.addEventListener("click", (event) => {
      const [from, to] = [boxes.indexOf(last ?? one), boxes.indexOf(one)].sort((a, b) => a - b);
      last = one;
      tick(one.checked, event.shiftKey ? boxes.slice(from, to + 1) : [one]);
    });
  }

  // `x` on a row ticks it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog[open]")) return;
    document.activeElement.closest("tr")?.querySelector("input[name=ids]")?.click();
  });

  // Who comes back finds the ticks as they were.
  window.addEventListener("pageshow", tell);
  tell();
}
