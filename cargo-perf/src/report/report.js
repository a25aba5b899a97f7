"use strict";
// A click on a head sorts by it: numbers the highest first, words from A.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement, heads = [...head.parentElement.children], at = heads.indexOf(head);
    const body = head.closest("table").tBodies[0], rows = [...body.rows];
    const isNumber = rows.some(row => row.cells[at].dataset.value !== undefined);
    const key = row => isNumber ? Number(row.cells[at].dataset.value ?? -1) : row.cells[at].textContent;
    const first = isNumber ? "descending" : "ascending", other = isNumber ? "ascending" : "descending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    rows.sort((a, b) => sign * (isNumber ? key(a) - key(b) : key(a).localeCompare(key(b))));
    body.append(...rows);
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
  });
}
