//! Weird but valid.

use std::fmt::Debug;
use std::panic::Location;

use crate::{Counts, block_on, counts, same, twin};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parts {
    text: String,
    bytes: Vec<u8>,
}

macro_rules! answer {
    () => { Result<u32, ()> };
}

twin! {
    pub(super) fn type_from_a_macro(n: u32) -> answer!() {
        if n == 0 { Err(())? }
        Ok(1)
    }

    #[cfg_attr(all(), track_caller)]
    pub(super) fn perhaps_tracked(n: Option<u32>) -> Option<(u32, u32)> {
        n?;
        Some((Location::caller().line(), Location::caller().column()))
    }

    pub(super) fn two_lifetimes<'a, 'b: 'a>(all: &'a mut Vec<&'b str>, one: &'b str) -> Option<&'a mut &'b str> {
        all.push(one);
        let last = all.last_mut()?;
        Some(last)
    }

    pub(super) fn boxed_closure<'a>(text: &'a str) -> Option<Box<dyn Fn(&str) -> &'a str + 'a>> {
        Some(text).filter(|text| !text.is_empty())?;
        Some(Box::new(move |_| text))
    }

    pub(super) fn boxed_higher_ranked(whole: bool) -> Box<dyn Fn(&str) -> &str> {
        if whole { return Box::new(|text| text); }
        Box::new(|text| &text[..1])
    }

    pub(super) fn array<const N: usize>() -> [u8; N] {
        if N == 0 { return [0; N]; }
        [1; N]
    }

    pub(super) fn opaque_error(n: u32) -> Result<(), impl Debug> {
        if n == 0 { return Err("zero"); }
        Ok(())
    }

    pub(super) fn uninhabited() -> Result<std::convert::Infallible, ()> {
        Err(())?
    }

    pub(super) fn inferred_from_the_end(n: u32) -> Result<Vec<u32>, Box<dyn std::error::Error>> {
        let all = (0..n).map(|n| if n > 5 { Err("many".into()) } else { Ok(n) }).collect();
        all
    }

    pub(super) fn inferred_sum(all: &[u32]) -> u64 {
        all.iter().map(|&n| u64::from(n)).sum()
    }

    pub(super) fn inferred_default<T: Default>() -> T {
        Default::default()
    }

    pub(super) fn let_else(n: Option<u32>) -> u32 {
        let Some(n) = n else { return 0 };
        n
    }

    pub(super) fn calls_twice(mut f: impl FnMut(u32) -> u32) -> Option<u32> {
        Some(f(Some(1)?) + f(2))
    }

    pub(super) fn calls_once<F: FnOnce() -> T, T>(f: F) -> Option<T> {
        Some(Some(f)?())
    }

    pub(super) async fn calls_later(f: impl AsyncFnOnce(u32) -> u32) -> u32 {
        f(1).await
    }

    pub(super) async fn borrows_and_changes(all: &mut Vec<u32>, one: &u32) -> Result<(), ()> {
        all.push(*one);
        Err(())
    }

    pub(super) async fn leaves_at_once() {
        return;
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    pub(super) fn needs_a_feature(n: u32) -> u32 {
        n + 1
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    pub(super) fn passes_a_feature_on(n: Option<u32>) -> Option<u32> {
        Some(needs_a_feature(n?))
    }
}

#[perf_runtime::profiled]
impl Parts {
    fn taken_apart(self) -> Option<(String, Vec<u8>)> {
        let Self { text, bytes } = self;
        Some((Some(text)?, bytes))
    }

    fn changed(mut self) -> Result<Self, ()> {
        self.text.push('x');
        if self.bytes.is_empty() {
            return Err(());
        }
        Ok(self)
    }

    fn iterated(&mut self) -> impl Iterator<Item = &mut u8> + '_ {
        self.bytes.iter_mut()
    }

    fn both(&mut self) -> Option<(&mut String, &u8)> {
        let first = self.bytes.first()?;
        Some((&mut self.text, first))
    }

    fn entry(&mut self, byte: u8) -> &mut u8 {
        if let Some(at) = self.bytes.iter().position(|one| *one == byte) {
            return &mut self.bytes[at];
        }
        self.bytes.push(byte);
        self.bytes.last_mut().unwrap()
    }

    async fn first(self: &mut Self) -> Option<&mut u8> {
        self.bytes.first_mut()
    }
}

#[test]
fn weird_functions_are_functions() {
    same!((type_from_a_macro(0), type_from_a_macro(1), let_else(None), array::<0>(), array::<2>()));
    same!((perhaps_tracked(None), perhaps_tracked(Some(1))));
    same!(two_lifetimes(&mut vec!["a"], "b").map(|text| text.to_owned()));
    same!((boxed_closure("").is_none(), boxed_closure("a").unwrap()("b"), boxed_higher_ranked(false)("abc")));
    same!(format!("{:?} {:?} {:?}", opaque_error(0), opaque_error(1), uninhabited()));
    same!((inferred_from_the_end(3).ok(), inferred_from_the_end(9).is_err(), inferred_sum(&[1, 2])));
    same!((inferred_default::<u32>(), calls_once(|| 5)));
    same!({
        let mut n = 0;
        (
            calls_twice(|m| {
                n += m;
                n
            }),
            n,
        )
    });
    same!(block_on(calls_later(async |n| n + 1)));
    same!({
        let mut all = vec![];
        (block_on(borrows_and_changes(&mut all, &1)), all)
    });
    same!(block_on(leaves_at_once()));
    assert_eq!(counts("weird::measured::type_from_a_macro"), Counts::calls(2).errors(1));
    assert_eq!(counts("weird::measured::opaque_error"), Counts::calls(2).errors(1));
}

#[test]
fn a_body_takes_its_owner_apart() {
    let mut parts = Parts::default().changed().unwrap_or_else(|()| Parts { text: String::new(), bytes: vec![1] });
    *parts.entry(5) += 1;
    parts.iterated().for_each(|byte| *byte += 1);
    parts.both().unwrap().0.push('!');
    assert_eq!(block_on(parts.first()), Some(&mut 2));
    assert_eq!(parts.taken_apart(), Some(("!".to_owned(), vec![2, 7])));
    assert_eq!(counts("weird::Parts::changed"), Counts::calls(1).errors(1));
}

#[cfg(target_arch = "x86_64")]
#[test]
#[allow(unsafe_code)]
fn a_target_feature_reaches_the_body() {
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        same!(unsafe { (passes_a_feature_on(Some(1)), passes_a_feature_on(None)) });
    }
}
