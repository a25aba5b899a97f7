//! Any text as a filter, and any name against it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_runtime::Filter;

fuzz_target!(|input: (&str, &str)| {
    if let Ok(filter) = input.0.parse::<Filter>() {
        let _ = filter.find(input.1);
    }
});
