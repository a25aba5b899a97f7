// What is said where there is nothing to show yet.

import { ui } from "../app";

export function Asking() {
  const why = ui.isPaused ? "Nothing is asked of the program while the page is paused." : ui.link === "lost" ? "The program does not answer." : "Asking…";
  return <p class="empty">{why}</p>;
}
