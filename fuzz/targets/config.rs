//! Any text as a configuration file: it is taken and holds, or refused with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_runtime::Config;

fuzz_target!(|text: &str| {
    match Config::production().overlaid("perf.toml", text) {
        Ok(config) => assert_eq!(config.check(), Ok(())),
        Err(errors) => assert!(errors.iter().all(|error| error.to_string().starts_with("perf.toml:"))),
    }
});
