//! More functions than an operating system has keys for thread-locals, which are some thousand at most.

use std::thread;

use perf_runtime::snapshot;

/// Eleven modules of the same content, and what calls all of them.
macro_rules! eleven {
    (of $content:tt in $($module:ident)*) => {
        $(mod $module $content)*

        pub(super) fn call() {
            $($module::call();)*
        }
    };
    ($($content:tt)*) => {
        eleven! { of { $($content)* } in a b c d e f g h i j k }
    };
}

mod all {
    eleven! { eleven! { eleven! { #[perf_runtime::profiled] pub(super) fn call() {} } } }
}

#[test]
fn any_number_of_functions_is_counted_on_any_number_of_threads() {
    for _ in 0..3 {
        thread::spawn(all::call).join().unwrap();
    }
    all::call();
    let snapshot = snapshot();
    assert_eq!(snapshot.functions().len(), 11 * 11 * 11);
    assert!(snapshot.functions().iter().all(|function| function.calls() == 4));
}
