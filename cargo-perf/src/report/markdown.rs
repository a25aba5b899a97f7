//! For an issue, a pull request or a chat.

use std::fmt::Write;

use perf_core::Snapshot;

use super::headline;
use super::tables::{Table, tables};

pub(super) fn page(snapshot: &Snapshot) -> String {
    let mut page = format!("# What the program did\n\n{}\n\n", headline(snapshot));
    let health = snapshot.health().to_string();
    let _ = writeln!(page, "```\n{}\n```", health.replace("```", "'''"));
    for table in tables(snapshot) {
        write_table(&mut page, &table);
    }
    page
}

fn write_table(page: &mut String, table: &Table) {
    let _ = write!(page, "\n## {}\n\n", table.title);
    if !table.note.is_empty() {
        let _ = write!(page, "{}\n\n", table.note);
    }
    // What is empty everywhere, as panics are most of the time, says nothing.
    let is_shown = |at: usize| at == 0 || table.rows.iter().any(|row| !row[at].text.is_empty());
    let shown: Vec<usize> = (0..table.heads.len()).filter(|at| is_shown(*at)).collect();
    let is_number = |at: usize| table.rows.iter().all(|row| row[at].value.is_some());
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    page.push_str(&line(shown.iter().map(|at| table.heads[*at].to_owned()).collect()));
    page.push_str(&line(shown.iter().map(|at| if is_number(*at) { "---:" } else { "---" }.to_owned()).collect()));
    for row in &table.rows {
        page.push_str(&line(shown.iter().map(|at| escaped(&row[*at].text)).collect()));
    }
    if table.left_out > 0 {
        let _ = write!(page, "\n{} more are left out.\n", table.left_out);
    }
}

/// What would end a cell or begin markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_its_table() {
        assert_eq!(escaped("<A as B>::c|d\ne_f"), "&lt;A as B&gt;::c\\|d e\\_f");
    }
}
