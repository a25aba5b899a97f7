//! The copy that counts by hand.
#![allow(clippy::redundant_closure_call, reason = "so that `return` and `?` lead past the counting")]

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static COUNTS: RefCell<BTreeMap<&'static str, (u64, u64)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Calls and errors by function.
pub(crate) fn counts() -> BTreeMap<&'static str, (u64, u64)> {
    COUNTS.with_borrow(Clone::clone)
}

fn began(name: &'static str) {
    COUNTS.with_borrow_mut(|counts| counts.entry(name).or_default().0 += 1);
}

fn failed(name: &'static str) {
    COUNTS.with_borrow_mut(|counts| counts.entry(name).or_default().1 += 1);
}

/// Whether a value is an error: the inherent method where it is a `Result`, else the trait's.
struct Outcome<'a, T>(&'a T);

impl<T, E> Outcome<'_, Result<T, E>> {
    fn is_error(&self) -> bool {
        self.0.is_err()
    }
}

trait NoError {
    fn is_error(&self) -> bool;
}

impl<T> NoError for Outcome<'_, T> {
    fn is_error(&self) -> bool {
        false
    }
}

macro_rules! measured {
    ($($vis:vis fn $name:ident $(<$life:lifetime>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $out:ty)? { $($body:tt)* })*) => {
        $($vis fn $name $(<$life>)? ($($arg: $ty),*) $(-> $out)? {
            began(stringify!($name));
            let out = (move || $(-> $out)? { $($body)* })();
            if Outcome(&out).is_error() {
                failed(stringify!($name));
            }
            out
        })*
    };
}
include!("../../../tiny-json/json.rs");
