import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/top.css";
import "./style/table.css";
import "./style/detail.css";
import "./style/flame.css";
import "./style/process.css";
import { onDraw, redraw, ui } from "./app";
import { look, start } from "./control";
import { listen } from "./keys";
import { onSystemTheme } from "./theme";
import { Page } from "./views/page";

const place = document.querySelector("#app");
let [tab, selected] = [ui.tab, ui.selected];

onDraw(() => {
  if (place) render(<Page />, place);
  if (tab !== ui.tab) document.querySelector(`#tab-${ui.tab}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (tab !== ui.tab || selected !== ui.selected) {
    [tab, selected] = [ui.tab, ui.selected];
    look();
  }
});
onSystemTheme(redraw);
listen();
// How long nobody has answered is said anew each second.
window.setInterval(() => ui.link === "lost" && redraw(), 1000);
document.addEventListener("visibilitychange", look);
start();
redraw();
