// The matrices of Merge Settings. Without this every click goes to the server and has the same result.

// A column's heading sets the whole column where the person is, and says so to nobody yet.
const setColumn = (table, value) => {
  for (const radio of table.querySelectorAll('tbody input[type="radio"]')) {
    if (radio.value === value) radio.checked = true;
  }
};
const setSent = (table, isSent) => {
  for (const box of table.querySelectorAll('tbody input[name^="sent:"]')) box.checked = isSent;
};
// What differs from the default keeps its mark while somebody chooses.
const mark = (table) => {
  for (const cell of table.querySelectorAll("tbody td")) {
    const radio = cell.querySelector('input[type="radio"]');
    const box = cell.querySelector('input[name^="sent:"]');
    cell.classList.toggle("differs", radio ? radio.checked && radio.value !== "" : box ? !box.checked : false);
  }
  for (const word of table.querySelectorAll(".settings-mark")) {
    word.hidden = !word.closest("tr").querySelector('td.differs input[type="radio"]');
  }
};
for (const table of document.querySelectorAll("table[data-matrix]")) {
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sets-column], button[data-sets-sent]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.setsSent) setSent(table, button.dataset.setsSent === "yes");
    else setColumn(table, button.dataset.setsColumn);
    mark(table);
  });
  table.addEventListener("change", () => mark(table));
}

// One tick for all three types follows them and leads them; it is then no longer sent by itself.
for (const table of document.querySelectorAll("table[data-switches]")) {
  const followers = (all) => table.querySelectorAll(`input[data-together="${CSS.escape(all.dataset.leads)}"]`);
  const follow = (all) => {
    const ticks = [...followers(all)];
    const on = ticks.filter((one) => one.checked).length;
    all.checked = on === ticks.length;
    all.indeterminate = on > 0 && on < ticks.length;
  };
  for (const all of table.querySelectorAll("input[data-leads]")) {
    all.removeAttribute("name");
    follow(all);
  }
  table.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.leads) for (const one of followers(box)) one.checked = box.checked;
    for (const all of table.querySelectorAll("input[data-leads]")) {
      if (all === box || all.dataset.leads === box.dataset.together) follow(all);
    }
  });
}
for (const marker of document.querySelectorAll("input[data-without-script]")) marker.disabled = true;
