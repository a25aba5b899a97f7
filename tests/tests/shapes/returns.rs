//! What a function may give back.

use std::cell::RefCell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Counts, counts, same, twin};

mod never {
    use super::*;

    twin! {
        pub(super) fn stops(why: &str) -> ! {
            panic!("{}", why)
        }

        pub(super) fn diverges_as_a_number(stop: bool) -> u32 {
            if stop { stops("early") }
            loop { break 7 }
        }

        pub(super) fn only_panics() -> Result<u32, String> {
            unimplemented!()
        }
    }

    #[test]
    fn a_function_that_never_returns_panics_as_before() {
        let told = |f: &dyn Fn()| *catch_unwind(AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap();
        assert_eq!(told(&|| measured::stops("why")), told(&|| bare::stops("why")));
        assert_eq!(counts("returns::never::measured::stops"), Counts::calls(1).panics(1));
    }

    #[test]
    fn a_body_may_diverge_where_its_type_says_otherwise() {
        same!(diverges_as_a_number(false));
        assert!(catch_unwind(|| measured::only_panics()).is_err());
        assert_eq!(counts("returns::never::measured::only_panics"), Counts::calls(1).panics(1));
    }
}

mod unsizing {
    use super::*;

    twin! {
        pub(super) fn boxed_in_result(ok: bool) -> Result<Box<dyn Fn() -> u32>, Box<dyn std::error::Error>> {
            if !ok { return Err("no".into()); }
            Ok(Box::new(|| 5))
        }

        pub(super) fn slice_of_array() -> Option<&'static [u8]> {
            Some(&[1, 2, 3])
        }

        pub(super) fn boxed() -> Box<dyn Debug> {
            Box::new(5)
        }

        pub(super) fn boxed_early(early: bool) -> Box<dyn Debug> {
            if early { return Box::new("early"); }
            Box::new(5)
        }

        pub(super) fn reference(n: &u32) -> &dyn Debug {
            if *n == 0 { return &"zero"; }
            n
        }

        pub(super) fn function_pointer() -> fn(u32) -> u32 {
            |n| n + 1
        }

        pub(super) fn raw(n: &mut u32) -> *const u32 {
            n
        }

        pub(super) fn items(n: u32) -> Box<dyn Iterator<Item = impl Debug + use<>>> {
            if n == 0 { return Box::new(Vec::new().into_iter()); }
            Box::new(vec![n].into_iter())
        }
    }

    #[test]
    fn coercions_in_the_return_position_still_happen() {
        same!(boxed_in_result(true).unwrap()());
        same!(boxed_in_result(false).err().unwrap().to_string());
        same!(slice_of_array());
        same!(format!("{:?} {:?} {:?}", boxed(), boxed_early(true), boxed_early(false)));
        same!(format!("{:?} {:?}", reference(&0), reference(&1)));
        same!(function_pointer()(1));
        let mut n = 3;
        same!(raw(&mut n));
        same!(format!("{:?}", items(3).chain(items(0)).collect::<Vec<_>>()));
        assert_eq!(counts("unsizing::measured::boxed_in_result"), Counts::calls(2).errors(1));
    }
}

mod borrowed {
    use super::*;

    pub(super) struct Table {
        pub(super) rows: Vec<String>,
        pub(super) cell: RefCell<u32>,
    }

    twin! {
        pub(super) fn reborrowed(n: &mut u32) -> &mut u32 {
            n
        }

        pub(super) fn found<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut String> {
            let at = table.rows.iter().position(|row| row == key)?;
            Some(&mut table.rows[at])
        }

        pub(super) fn either<'a>(a: &'a mut u32, b: &'a mut u32, first: bool) -> &'a mut u32 {
            if first { return a; }
            *b += 1;
            b
        }

        pub(super) fn guard(table: &Table) -> std::cell::Ref<'_, u32> {
            table.cell.borrow()
        }

        pub(super) fn through_a_temporary(table: &Table) -> u32 {
            *table.cell.borrow()
        }

        pub(super) fn split(all: &mut [u32]) -> (&mut [u32], &mut [u32]) {
            let (a, b) = all.split_at_mut(1);
            (a, b)
        }

        pub(super) fn pushed(mut list: &mut Vec<u32>) -> Result<&mut u32, ()> {
            if list.len() > 3 { list = &mut *list; }
            list.push(1);
            list.last_mut().ok_or(())
        }
    }

    #[test]
    fn what_is_borrowed_from_an_argument_may_leave() {
        let mut n = 1;
        *measured::reborrowed(&mut n) += 1;
        assert_eq!(n, 2);
        let mut table = Table { rows: vec!["a".into()], cell: RefCell::new(4) };
        measured::found(&mut table, "a").unwrap().push('!');
        assert!(measured::found(&mut table, "b").is_none());
        assert_eq!(table.rows, ["a!"]);
        same!(*guard(&table));
        same!(through_a_temporary(&table));
        let (mut a, mut b) = (1, 2);
        assert_eq!((*measured::either(&mut a, &mut b, true), *measured::either(&mut a, &mut b, false)), (1, 3));
        same!({
            let mut all = [1, 2];
            split(&mut all).1[0]
        });
        same!(pushed(&mut vec![]).copied());
    }
}

mod lending {
    use super::*;

    pub(super) trait Lending {
        type Item<'a>
        where
            Self: 'a;
        fn next(&mut self) -> Option<Self::Item<'_>>;
    }

    pub(super) struct Windows(Vec<u32>, usize);

    #[perf_runtime::profiled]
    impl Lending for Windows {
        type Item<'a> = &'a mut [u32];

        fn next(&mut self) -> Option<Self::Item<'_>> {
            self.1 += 1;
            if self.1 > self.0.len() {
                return None;
            }
            self.0.get_mut(self.1 - 1..self.1)
        }
    }

    #[test]
    fn an_iterator_may_lend_from_itself() {
        let mut windows = Windows(vec![1, 2], 0);
        while let Some(window) = windows.next() {
            window[0] += 1;
        }
        assert_eq!(windows.0, [2, 3]);
        assert_eq!(counts("lending::Windows as shapes::returns::lending::Lending>::next"), Counts::calls(3));
    }
}

mod opaque {
    use super::*;

    twin! {
        pub(super) fn iterator(n: u32) -> impl Iterator<Item = u32> {
            (0..n).map(|n| n * 2)
        }

        pub(super) fn fallible(n: u32) -> Result<impl Iterator<Item = u32>, String> {
            if n == 0 { return Err("none".to_owned()); }
            Ok(0..n)
        }

        pub(super) fn fallible_by_question(text: &str) -> Result<impl Iterator<Item = u32> + use<>, std::num::ParseIntError> {
            let n: u32 = text.parse()?;
            Ok((0..n).map(|n| n + 1))
        }

        pub(super) fn closure(by: u32) -> impl Fn(u32) -> u32 {
            move |n| n.pow(2) + by
        }

        pub(super) fn closure_early(by: u32) -> impl Fn(u32) -> u32 {
            let add = move |n: u32| n.pow(2) + by;
            if by == 0 { return add; }
            let _ = u32::from_str_radix("1", 10).map(|n| n + 1);
            add
        }

        pub(super) fn closure_in_result(by: u32) -> Result<impl Fn(u32) -> u32, ()> {
            Ok(move |n: u32| n.pow(2) + by)
        }

        pub(super) fn closure_after_question(by: Option<u32>) -> Option<impl Fn(u32) -> u32> {
            let by = by?;
            Some(move |n: u32| n.pow(2) + by)
        }

        pub(super) fn closure_in_tuple() -> (impl Fn(&str) -> usize, u32) {
            (|text| text.len(), 1)
        }

        pub(super) fn async_closure(by: u32) -> impl AsyncFn(u32) -> u32 {
            async move |n| n.pow(2) + by
        }

        pub(super) fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C) -> impl Fn(A) -> C {
            move |a| g(f(a))
        }

        pub(super) fn borrowing<'a>(text: &'a str, _other: &str) -> impl Iterator<Item = char> + use<'a> {
            text.chars()
        }

        pub(super) fn of_an_alias() -> Answer<impl Debug> {
            Ok(1)
        }
    }

    type Answer<T> = Result<T, ()>;

    #[test]
    fn an_opaque_type_stays_as_opaque() {
        same!(iterator(3).collect::<Vec<_>>());
        same!(fallible(3).unwrap().collect::<Vec<_>>());
        same!(fallible(0).err());
        same!(fallible_by_question("3").unwrap().collect::<Vec<_>>());
        same!(fallible_by_question("x").err());
        same!(borrowing("ab", "c").collect::<String>());
        same!(format!("{:?}", of_an_alias()));
        assert_eq!(counts("opaque::measured::fallible"), Counts::calls(2).errors(1));
        assert_eq!(counts("opaque::measured::fallible_by_question"), Counts::calls(2).errors(1));
    }

    #[test]
    fn a_closure_learns_its_types_from_the_signature() {
        same!(closure(1)(3));
        same!(closure_early(0)(3));
        same!(closure_in_result(1).unwrap()(3));
        same!(closure_after_question(Some(1)).unwrap()(3));
        same!(closure_after_question(None).is_none());
        same!(closure_in_tuple().0("abc"));
        same!(compose(|n: u32| n + 1, |n| n * 2)(3));
        same!(crate::block_on(async_closure(1)(3)));
        assert_eq!(counts("opaque::measured::closure"), Counts::calls(1));
    }
}

mod plain {
    use super::*;

    pub(super) struct Silent;
    pub(super) type Answer<T, E = Silent> = Result<T, E>;

    twin! {
        pub(super) fn not_debug(ok: bool) -> Result<Silent, Silent> {
            if ok { Ok(Silent) } else { Err(Silent) }
        }

        pub(super) fn aliased(ok: bool) -> Answer<()> {
            if !ok { Err(Silent)? }
            Ok(())
        }

        pub(super) fn generic<T>(value: T) -> T {
            value
        }

        pub(super) fn nothing() {}

        pub(super) fn unit() -> () {
            nothing()
        }

        pub(super) fn early(n: &mut u32) {
            if *n > 0 { return; }
            *n = 5;
        }

        pub(super) fn falls_out_of_a_loop() -> u32 {
            'outer: loop {
                for n in 0.. {
                    if n == 3 { break 'outer n; }
                    if n > 5 { return 9; }
                }
            }
        }

        pub(super) fn late_inference() -> Vec<u8> {
            let mut all = Vec::new();
            all.extend("12".bytes());
            all.into_iter().collect()
        }

        pub(super) fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
            text.trim().parse()
        }

        pub(super) fn control(n: u32) -> std::ops::ControlFlow<u32> {
            if n == 0 { std::ops::ControlFlow::Break(1)? }
            std::ops::ControlFlow::Continue(())
        }
    }

    #[test]
    fn outcomes_are_told_by_type_and_nothing_else_is_asked_of_it() {
        assert!(measured::not_debug(true).is_ok() && measured::not_debug(false).is_err());
        assert!(measured::aliased(true).is_ok() && measured::aliased(false).is_err());
        assert_eq!(counts("plain::measured::not_debug"), Counts::calls(2).errors(1));
        assert_eq!(counts("plain::measured::aliased"), Counts::calls(2).errors(1));
        same!(parsed("7"));
        same!(parsed("seven"));
        same!(control(0));
        assert_eq!(counts("plain::measured::parsed"), Counts::calls(2).errors(1));
        assert_eq!(counts("plain::measured::control"), Counts::calls(1));
    }

    #[test]
    fn ways_out_of_a_body_stay_ways_out() {
        same!(generic("x"));
        same!(unit());
        same!({
            let mut n = 1;
            early(&mut n);
            early(&mut n);
            let mut z = 0;
            early(&mut z);
            (n, z)
        });
        same!(falls_out_of_a_loop());
        same!(late_inference());
        assert_eq!(counts("plain::measured::early"), Counts::calls(3));
    }
}
