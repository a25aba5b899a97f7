//! Dashboards, as Grafana's own types have them.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// What TypeScript's compiler says of dashboards as Grafana's own types have them, of now and of the oldest with this schema:
/// what is wrong is told by the dashboard's name.
pub(crate) fn grafana(boards: &[(String, Value)]) -> String {
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana");
    outside::npm_packages(&types);
    let folder = outside::folder().join(format!("grafana-{}", boards.len()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = boards.iter().flat_map(|(name, board)| {
        ["Newest", "Oldest"].map(|version| {
            let file = format!("{name}-{version}.ts");
            let text = format!(
                "import type {{ {version} }} from {};\nexport const board: {version} = {board:#};\n",
                json!(types.join("types"))
            );
            std::fs::write(folder.join(&file), text).unwrap();
            file
        })
    });
    let project = json!({ "extends": types.join("tsconfig.json"), "files": files.collect::<Vec<_>>() });
    std::fs::write(folder.join("tsconfig.json"), project.to_string()).unwrap();
    let compiler = types.join("node_modules/typescript/bin/tsc");
    let said = Command::new(outside::node())
        .arg(compiler)
        .args(["--pretty", "false", "-p", "."])
        .current_dir(&folder)
        .output();
    let said = said.unwrap();
    let text = [said.stdout, said.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert_eq!(said.status.success(), text.is_empty(), "{text}");
    text
}
