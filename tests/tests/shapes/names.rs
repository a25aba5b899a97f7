//! Names: what a user's code may call its things, and what it may hide.

use crate::{Counts, block_on, counts, same, twin};

mod taken {
    use super::*;

    #[allow(dead_code, non_camel_case_types, non_upper_case_globals, clippy::upper_case_acronyms)]
    pub(super) mod hostile {
        pub(in super::super) struct Here;
        pub(in super::super) struct Call;
        pub(in super::super) struct Lane;
        pub(in super::super) struct Site;
        pub(in super::super) static SITE: u32 = 1;
        pub(in super::super) const LANE: u32 = 2;
        pub(in super::super) mod perf_runtime {}
        pub(in super::super) mod __private {}
    }

    twin! {
        use super::hostile::*;

        #[allow(clippy::too_many_arguments)]
        pub(super) fn locals(
            call: String, out: u32, site: u32, lane: u32, value: u32, future: u32, argument_0: u32, (argument_1, _): (u32, u32),
            tracked: u32, __self: u32,
        ) -> Option<String> {
            let sum = out.checked_add(site)? + lane + value + future + argument_0 + argument_1 + tracked + __self + SITE + LANE;
            Some(call + &sum.to_string())
        }

        #[allow(non_snake_case, clippy::too_many_arguments)]
        pub(super) fn items(SITES: u32, Here2: u32) -> Result<u32, String> {
            #[allow(dead_code)]
            struct Here;
            static SITE: u32 = 5;
            const LANE: u32 = 6;
            if SITES == 0 { return Err(String::new()); }
            Ok(SITES + Here2 + SITE + LANE)
        }

        #[allow(clippy::too_many_arguments)]
        pub(super) async fn later(
            (call, _): (u32, u32), out: u32, site: u32, lane: u32, future: u32, argument_0: u32, mut argument_1: String,
        ) -> Result<u32, String> {
            argument_1.push('1');
            crate::Yield::default().await;
            let more: u32 = argument_1.parse().map_err(|_| argument_1)?;
            Ok(call + out + site + lane + future + argument_0 + more + SITE + LANE)
        }
    }

    #[test]
    fn no_name_of_ours_meets_a_name_of_theirs() {
        same!(locals("n".to_owned(), 1, 2, 3, 4, 5, 6, (7, 8), 9, 10));
        same!(items(1, 2));
        same!(block_on(later((1, 2), 3, 4, 5, 6, 7, "8".to_owned())));
        same!(block_on(later((1, 2), 3, 4, 5, 6, 7, "x".to_owned())));
        assert_eq!(counts("taken::measured::later"), Counts::calls(2).errors(1));
    }
}

mod shadowed {
    #![allow(dead_code, non_snake_case, non_camel_case_types, unused_macros, unused_imports)]
    use super::{Counts, counts, twin};

    mod core {}
    mod std {}
    mod alloc {}
    struct Result;
    struct Option;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Box;
    struct Pin;
    trait Future {}
    trait Fn {}
    trait FnOnce {}
    trait Drop {}
    struct Send;
    struct u32;
    struct bool;
    macro_rules! module_path {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! thread_local {
        ($($any:tt)*) => {
            compile_error!("not this one")
        };
    }
    macro_rules! matches {
        ($($any:tt)*) => {
            compile_error!("not this one")
        };
    }

    twin! {
        pub(super) fn result(ok: ::core::primitive::bool) -> ::core::result::Result<(), ()> {
            if ok { return ::core::result::Result::Ok(()); }
            ::core::result::Result::Err(())
        }

        pub(super) fn ours() -> Result {
            Result
        }

        pub(super) async fn later(ok: ::core::primitive::bool) -> ::core::result::Result<(), ()> {
            if ok { return ::core::result::Result::Ok(()); }
            ::core::result::Result::Err(())
        }

        pub(super) fn future() -> impl ::core::future::Future<Output = Result> {
            async { Result }
        }
    }

    #[test]
    fn the_prelude_and_the_root_names_may_mean_something_else() {
        let _ = (measured::result(true), measured::result(false), measured::ours());
        let _ = (super::block_on(measured::later(true)), super::block_on(measured::later(false)));
        super::block_on(measured::future());
        assert_eq!(counts("shadowed::measured::result"), Counts::calls(2).errors(1));
        assert_eq!(counts("shadowed::measured::later"), Counts::calls(2).errors(1));
        assert_eq!(counts("shadowed::measured::future"), Counts::calls(1));
    }
}

#[no_implicit_prelude]
mod without_prelude {
    use super::twin;

    twin! {
        pub(super) fn result(ok: bool) -> ::std::result::Result<(), ()> {
            if ok { return ::std::result::Result::Ok(()); }
            ::std::result::Result::Err(())
        }

        pub(super) async fn later(ok: bool) -> ::std::result::Result<(), ()> {
            result(ok)?;
            ::std::result::Result::Ok(())
        }
    }

    #[test]
    fn no_prelude_is_needed() {
        use ::std::assert_eq;
        let _ = super::block_on(measured::later(false));
        assert_eq!(super::counts("without_prelude::measured::later"), super::Counts::calls(1).errors(1));
        assert_eq!(super::counts("without_prelude::measured::result"), super::Counts::calls(1).errors(1));
    }
}

mod raw {
    use super::*;

    twin! {
        pub(super) fn r#match(r#type: u32, r#fn: String) -> Option<String> {
            let r#return = r#type.checked_add(1)?;
            Some(r#fn + &r#return.to_string())
        }

        pub(super) async fn r#loop(r#type: u32) -> u32 {
            r#type
        }
    }

    #[test]
    fn raw_identifiers_are_names() {
        same!(r#match(1, "n".to_owned()));
        same!(block_on(r#loop(1)));
        assert_eq!(counts("raw::measured::match").calls + counts("raw::measured::r#match").calls, 1);
    }
}

mod inside {
    use super::*;

    twin! {
        pub(super) fn type_names(leave: bool) -> Option<(&'static str, &'static str)> {
            struct Local;
            #[::perf_runtime::profiled]
            fn inner<T>(_: &T) -> &'static str {
                std::any::type_name::<T>()
            }
            if leave {
                return None;
            }
            Some((inner(&Local), inner(&inner::<u8>)))
        }

        pub(super) fn name_of_a_closure(n: Option<u32>) -> Option<&'static str> {
            n?;
            Some(std::any::type_name_of_val(&|| ()))
        }

        pub(super) async fn type_names_later() -> &'static str {
            struct Local;
            std::any::type_name::<Local>()
        }
    }

    #[test]
    fn what_a_body_declares_keeps_its_path() {
        let renamed = |names: Option<(&str, &str)>| {
            names.map(|(a, b)| [a.replace("bare", "measured"), b.replace("bare", "measured")])
        };
        assert_eq!(renamed(measured::type_names(false)), renamed(bare::type_names(false)));
        assert_eq!(
            block_on(measured::type_names_later()),
            block_on(bare::type_names_later()).replace("bare", "measured")
        );
        assert_eq!(
            measured::name_of_a_closure(Some(1)).map(str::to_owned),
            bare::name_of_a_closure(Some(1)).map(|name| name.replace("bare", "measured"))
        );
        assert_eq!(measured::type_names(true), None);
        assert_eq!(counts("names::inside::measured::type_names::inner"), Counts::calls(2));
        assert_eq!(counts("names::inside::measured::type_names"), Counts::calls(2));
    }
}

mod from_macros {
    use super::*;

    macro_rules! made {
        ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty $body:block) => {
            #[perf_runtime::profiled]
            $(#[$meta])*
            $vis fn $name($($arg: $ty),*) -> $out $body
        };
    }

    made! {
        /// Made from fragments.
        #[inline]
        pub(super) fn fragments(n: u32, text: &str) -> Result<u32, std::num::ParseIntError> {
            Ok(n + text.parse::<u32>()?)
        }
    }

    macro_rules! item {
        ($item:item) => {
            #[perf_runtime::profiled]
            $item
        };
    }

    item! {
        fn whole_item(n: Option<u32>) -> Option<u32> {
            Some(n? + 1)
        }
    }

    item! {
        impl Holder {
            fn in_an_item(self) -> u32 {
                self.0
            }
        }
    }

    struct Holder(u32);

    macro_rules! method {
        ($self:ident, $name:ident, $body:expr) => {
            impl Holder {
                #[perf_runtime::profiled]
                fn $name(&$self, n: u32) -> Option<u32> {
                    let n = n.checked_add(1)?;
                    Some(n + $body)
                }
            }
        };
    }

    method!(self, sum, self.0);

    macro_rules! hygienic {
        ($name:ident, $value:expr) => {
            #[perf_runtime::profiled]
            fn $name(out: u32) -> Option<u32> {
                let call = out.checked_add($value)?;
                Some(call + out)
            }
        };
    }

    hygienic!(own_names, 1);

    macro_rules! by_path {
        ($leave:path, $name:ident) => {
            #[perf_runtime::profiled]
            fn $name(n: u32) -> u32 {
                $leave!(n);
                n
            }
        };
    }

    mod leaving {
        macro_rules! leave_at_zero {
            ($n:ident) => {
                if $n == 0 {
                    return 100;
                }
            };
        }
        pub(super) use leave_at_zero;
    }

    by_path!(leaving::leave_at_zero, hidden_return);

    #[perf_runtime::profiled]
    fn question_in_a_macro(text: &str) -> Result<u32, std::num::ParseIntError> {
        macro_rules! parse {
            ($text:expr) => {
                $text.parse::<u32>()?
            };
        }
        Ok(parse!(text) + 1)
    }

    #[test]
    fn functions_made_by_macros_are_functions() {
        assert_eq!((fragments(1, "2").ok(), fragments(1, "x").ok()), (Some(3), None));
        assert_eq!((whole_item(Some(1)), whole_item(None)), (Some(2), None));
        assert_eq!(Holder(1).sum(2), Some(4));
        assert_eq!(Holder(1).in_an_item(), 1);
        assert_eq!(own_names(2), Some(5));
        assert_eq!((hidden_return(0), hidden_return(1)), (100, 1));
        assert!(question_in_a_macro("1").is_ok() && question_in_a_macro("x").is_err());
        assert_eq!(counts("from_macros::fragments"), Counts::calls(2).errors(1));
        assert_eq!(counts("from_macros::whole_item"), Counts::calls(2));
        assert_eq!(counts("from_macros::Holder::in_an_item"), Counts::calls(1));
        assert_eq!(counts("from_macros::hidden_return"), Counts::calls(2));
        assert_eq!(counts("from_macros::question_in_a_macro"), Counts::calls(2).errors(1));
    }
}
