//! What only edition 2015 has.

#![allow(anonymous_parameters, bare_trait_objects, keyword_idents, missing_docs, clippy::all, clippy::pedantic)]

extern crate perf_runtime;

use perf_runtime::profiled;

macro_rules! try {
    ($e:expr) => {
        match $e {
            Some(value) => value,
            None => return None,
        }
    };
}

#[profiled]
pub trait Old {
    fn anonymous(u32, &str) -> Option<u32>;

    fn provided(n: u32) -> Option<u32> {
        Self::anonymous(try!(n.checked_sub(1)), "")
    }
}

#[profiled]
impl Old for () {
    fn anonymous(n: u32, text: &str) -> Option<u32> {
        if text.is_empty() {
            return None;
        }
        Some(n)
    }
}

#[profiled]
pub fn async(dyn: u32, mut await: u32) -> Option<u32> {
    await = try!(dyn.checked_add(await));
    Some(await)
}

#[profiled]
pub fn dyn(f: &Fn(u32) -> u32) -> Box<Fn(u32) -> u32> {
    let n = f(1);
    if n == 0 {
        return Box::new(|n| n);
    }
    Box::new(move |m| n + m)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(name: &str) -> u64 {
        ::perf_runtime::snapshot().function(name).map_or(0, ::perf_runtime::FunctionStats::calls)
    }

    #[test]
    fn words_that_are_keywords_now_are_names() {
        assert_eq!((async(1, 2), dyn(&|n| n)(2)), (Some(3), 3));
        assert_eq!((<() as Old>::anonymous(1, "a"), <() as Old>::provided(0)), (Some(1), None));
        assert_eq!((calls("async"), calls("dyn"), calls("Old::provided")), (1, 1, 1));
        assert_eq!(calls("<() as edition_2015::Old>::anonymous"), 1);
    }
}
