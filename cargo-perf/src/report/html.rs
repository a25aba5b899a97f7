//! One file that needs no other and no network.

use std::fmt::Write;

use perf_core::__text::{count, duration};
use perf_core::health::{Health, Status};
use perf_core::{FunctionStats, Snapshot};

use super::headline;
use super::tables::{Table, tables};
use crate::error::Error;
use crate::flame;

/// Functions whose histograms are drawn: those that took longest.
const DRAWN: usize = 40;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

pub(super) fn page(snapshot: &Snapshot) -> Result<String, Error> {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\"><title>What the program did</title>");
    let _ = write!(page, "<style>{STYLE}</style></head><body><h1>What the program did</h1>");
    let _ = write!(page, "<p>{}</p>", escaped(&headline(snapshot)));
    write_health(&mut page, &snapshot.health());
    for table in tables(snapshot) {
        write_table(&mut page, &table);
        if table.title == "Functions" {
            write_histograms(&mut page, snapshot.functions());
            write_flame(&mut page, snapshot)?;
        }
    }
    let _ = writeln!(page, "<script>{SCRIPT}</script></body></html>");
    Ok(page)
}

fn write_health(page: &mut String, health: &Health) {
    let class = match health.status {
        Status::Healthy => "good",
        Status::Degraded => "poor",
        Status::Unhealthy => "bad",
    };
    let _ = write!(page, "<pre class=\"{class}\">{}</pre>", escaped(&health.to_string()));
}

fn write_table(page: &mut String, table: &Table) {
    let _ = write!(page, "<h2>{}</h2><p>{}</p><div><table><thead><tr>", table.title, table.note);
    let is_shown = |at: usize| at == 0 || table.rows.iter().any(|row| !row[at].text.is_empty());
    let shown: Vec<usize> = (0..table.heads.len()).filter(|at| is_shown(*at)).collect();
    for &at in &shown {
        let _ = write!(page, "<th><button>{}</button></th>", escaped(table.heads[at]));
    }
    page.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        page.push_str("<tr>");
        for &at in &shown {
            let text = escaped(&row[at].text);
            let _ = match row[at].value {
                Some(value) => write!(page, "<td data-value=\"{value}\">{text}</td>"),
                None => write!(page, "<td>{text}</td>"),
            };
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div>");
    if table.left_out > 0 {
        let _ = write!(page, "<p>{} more are left out.</p>", table.left_out);
    }
}

/// How long calls took: a bar for each doubling.
fn write_histograms(page: &mut String, functions: &[FunctionStats]) {
    let drawn = functions.iter().filter(|function| function.samples() > 0).take(DRAWN);
    page.push_str("<details><summary>How long calls took</summary>");
    for function in drawn {
        let _ = write!(page, "<h3>{}</h3><table class=\"bars\">", escaped(function.name()));
        for bar in crate::histogram::bars(function.latency()) {
            let _ = write!(
                page,
                "<tr><td>{}</td><td>{}</td><td><div style=\"width:{:.1}%\"></div></td></tr>",
                escaped(&format!("≤ {}", duration(bar.up_to))),
                count(bar.calls),
                bar.of_highest * 100.0
            );
        }
        page.push_str("</table>");
    }
    page.push_str("</details>");
}

/// In a frame of its own, so that its script and this page's know nothing of each other.
fn write_flame(page: &mut String, snapshot: &Snapshot) -> Result<(), Error> {
    if snapshot.tree().is_empty() {
        return Ok(());
    }
    let svg = String::from_utf8_lossy(&flame::svg(snapshot)?).into_owned();
    let svg = svg.split_once("<svg").map_or(String::new(), |(_, rest)| format!("<svg{rest}"));
    // As high as the picture says that it is.
    let height = svg.split_once(" height=\"").and_then(|(_, rest)| rest.split('"').next()?.parse::<u32>().ok());
    let _ = write!(page, "<h2>Where the time goes</h2><iframe height=\"{}\" ", height.unwrap_or(500));
    page.push_str("sandbox=\"allow-scripts\" srcdoc=\"");
    page.push_str(&escaped("<style>body { margin: 0 } svg { display: block; width: 100% }</style>"));
    page.push_str(&escaped(&svg));
    page.push_str("\"></iframe>");
    Ok(())
}

/// As text, and within quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // HTML has no others.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_markup_or_makes_the_page_no_text() {
        assert_eq!(escaped("<a>&\"b'\u{0}\u{1b}[31m\r\nc"), "&lt;a&gt;&amp;&quot;b'\u{fffd}\u{fffd}[31m\u{fffd}\nc");
    }
}
