use std::time::Duration;

use super::Snapshot;
use crate::order::sort;

/// The functions of one module together.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleStats {
    /// The module's path.
    pub name: String,
    /// Annotated functions that were called.
    pub functions: usize,
    /// Calls, exact.
    pub calls: u64,
    /// Errors, exact.
    pub errors: u64,
    /// Panics, exact.
    pub panics: u64,
    /// Time in the functions, all together: where one calls another, both have it.
    pub total: Duration,
}

impl Snapshot {
    /// Modules, those that took longest in total first.
    #[must_use]
    pub fn modules(&self) -> Vec<ModuleStats> {
        let mut modules: Vec<ModuleStats> = Vec::new();
        for function in &self.functions {
            let at = modules.iter().position(|module| module.name == function.module()).unwrap_or_else(|| {
                modules.push(ModuleStats {
                    name: function.module().to_owned(),
                    functions: 0,
                    calls: 0,
                    errors: 0,
                    panics: 0,
                    total: Duration::ZERO,
                });
                modules.len() - 1
            });
            let module = &mut modules[at];
            module.functions += 1;
            module.calls = module.calls.saturating_add(function.calls());
            module.errors = module.errors.saturating_add(function.errors());
            module.panics = module.panics.saturating_add(function.panics());
            module.total = module.total.saturating_add(function.total());
        }
        sort(&mut modules, &mut |all, a, b| {
            all[b].total.cmp(&all[a].total).then_with(|| all[a].name.cmp(&all[b].name))
        });
        modules
    }
}
