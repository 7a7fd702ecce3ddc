// What the frame does beyond links and forms: shortcuts, keyboard rows, selects that go by themselves.

const isTyping = (element) => element.closest("input, select, textarea, dialog[open], [contenteditable]");

// A link in the first column of a row is what Enter opens.
const rowsOf = (table) => [...table.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a[href]"));

function moveRow(step) {
  const table = document.querySelector("table[data-keyboard-rows]");
  if (!table) return;
  const rows = rowsOf(table);
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  next?.querySelector("a[href]").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.getElementById("search");
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "j") moveRow(1);
  else if (event.key === "k") moveRow(-1);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});
// Somebody may have chosen before this script was there. (The browser fills none in: autocomplete is off.)
const served = (select) => Math.max(0, [...select.options].findIndex((one) => one.defaultSelected));
const isChanged = (select) => select.selectedIndex !== served(select);
[...document.querySelectorAll("select[data-submits]")].find(isChanged)?.form.requestSubmit();

// On a wide screen the side menu is always open; on a narrow one it is a menu.
const wide = matchMedia("(min-width: 721px)");
const menu = document.querySelector(".side-menu");
const follow = () => menu?.toggleAttribute("open", wide.matches);
follow();
wide.addEventListener("change", follow);

// Of the lists above the schedule, which scroll on a narrow screen, the open one is in sight.
document.querySelector(".section-views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

// An open menu closes with Escape and with a click elsewhere.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const one of menus()) {
    one.open = false;
    one.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const one of menus()) if (!one.contains(event.target)) one.open = false;
});

// The head of a table stays in sight while its rows go by, unless the frame itself has to scroll sideways.
const fits = new ResizeObserver((seen) => {
  for (const { target } of seen) target.classList.toggle("table-fits", target.scrollWidth <= target.clientWidth);
});
for (const one of document.querySelectorAll(".table-frame")) fits.observe(one);
