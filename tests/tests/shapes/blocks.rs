//! The attribute on an `impl`, a `trait` or a `mod`.

use crate::{Counts, block_on, counts};

trait Priced {
    const VAT: u32;
    type Unit;

    fn price(&self) -> u32;

    fn with_vat(&self) -> Option<u32> {
        self.price().checked_add(Self::VAT)?.checked_add(0)
    }

    fn unit() -> Self::Unit;
}

struct Cart(u32);

#[perf_runtime::profiled(workload = "micro")]
impl Cart {
    const EMPTY: Self = Self::new(0);

    const fn new(n: u32) -> Self {
        Self(n)
    }

    fn len(&self) -> u32 {
        self.0
    }

    #[perf_runtime::profiled(skip)]
    fn left_out(&self) -> u32 {
        self.0
    }

    #[perf_runtime::profiled(name = "the cart's own", workload = "light")]
    fn renamed(&self) -> u32 {
        self.0
    }
}

#[perf_runtime::profiled]
impl Priced for Cart {
    const VAT: u32 = 1;
    type Unit = u8;

    fn price(&self) -> u32 {
        self.0
    }

    fn unit() -> u8 {
        1
    }
}

#[test]
fn a_block_measures_what_can_be_measured_and_was_not_skipped() {
    let cart = Cart::EMPTY;
    assert_eq!((cart.len(), cart.left_out(), cart.renamed(), cart.price(), cart.with_vat()), (0, 0, 0, 0, Some(1)));
    assert_eq!(Cart::unit(), 1);
    assert_eq!(counts("blocks::Cart::len"), Counts::calls(1));
    assert_eq!(counts("the cart's own"), Counts::calls(1));
    assert_eq!(counts("Cart as shapes::blocks::Priced>::price"), Counts::calls(2));
    assert_eq!(counts("left_out"), Counts::default());
}

#[perf_runtime::profiled]
trait Greets: Sized {
    fn name(&self) -> String;

    fn greeting(&self) -> Option<String> {
        Some(format!("hello {}", Some(self.name())?))
    }

    async fn later(&self) -> String {
        self.name()
    }

    async fn required(&self, extra: u32) -> u32;

    fn promised(&self) -> impl Future<Output = u32> + Send;
}

impl Greets for u32 {
    fn name(&self) -> String {
        self.to_string()
    }

    #[perf_runtime::profiled]
    async fn required(&self, extra: u32) -> u32 {
        self + extra
    }

    #[perf_runtime::profiled]
    async fn promised(&self) -> u32 {
        1
    }
}

#[test]
fn default_bodies_and_implementations_are_measured() {
    assert_eq!(5.greeting().unwrap(), "hello 5");
    assert_eq!(block_on(5.later()), "5");
    assert_eq!((block_on(5.required(1)), block_on(5.promised())), (6, 1));
    assert_eq!(counts("blocks::Greets::greeting"), Counts::calls(1));
    assert_eq!(counts("blocks::Greets::later"), Counts::calls(1));
    assert_eq!(counts("<u32 as shapes::blocks::Greets>::required"), Counts::calls(1));
    assert_eq!(counts("<u32 as shapes::blocks::Greets>::promised"), Counts::calls(1));
}

#[perf_runtime::profiled]
mod shop {
    #![allow(dead_code)]

    pub(super) use self::deep::deeper::bottom;
    use std::{collections::HashMap as Map, fmt};

    pub(super) const LIMIT: Limit = Limit { most: 3 };
    pub(super) static NAMES: [&str; 2] = ["a", { "b" }];

    pub(super) struct Limit {
        pub(super) most: u32,
    }

    macro_rules! made {
        ($name:ident) => {
            pub(super) fn $name() -> u32 {
                1
            }
        };
    }

    made!(by_a_macro);

    extern "C" fn callback(n: u32) -> u32 {
        n
    }

    #[allow(unsafe_code)]
    unsafe extern "C" {
        safe fn abs(n: i32) -> i32;
    }

    pub(super) fn top() -> u32 {
        callback(LIMIT.most) + abs(-1).unsigned_abs()
    }

    impl<const N: usize, T: Default> From<[T; N]> for Limit
    where
        [T; N]: Sized,
    {
        fn from(_: [T; N]) -> Self {
            Self { most: u32::try_from(N).unwrap() }
        }
    }

    impl fmt::Display for Limit {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.most)?;
            Ok(())
        }
    }

    pub(super) mod deep {
        pub(in super::super) mod deeper {
            pub(in super::super::super) fn bottom() -> u32 {
                5
            }

            #[perf_runtime::profiled(skip)]
            pub(in super::super::super) fn skipped() -> u32 {
                6
            }
        }

        #[perf_runtime::profiled(skip)]
        pub(in super::super) mod skipped_mod {
            pub(in super::super::super) fn inside() -> u32 {
                7
            }
        }

        #[perf_runtime::profiled(sample = "always")]
        pub(in super::super) mod sampled {
            pub(in super::super::super) fn each() -> u32 {
                8
            }
        }
    }

    pub(super) fn counted(map: &Map<u32, u32>) -> usize {
        map.len()
    }
}

#[test]
fn a_module_is_measured_down_to_its_deepest() {
    use shop::deep;
    assert_eq!(shop::top() + shop::bottom() + shop::by_a_macro(), 10);
    assert_eq!(deep::deeper::skipped() + deep::skipped_mod::inside() + deep::sampled::each(), 21);
    assert_eq!(shop::Limit::from([1, 2]).to_string() + shop::NAMES[1], "2b");
    assert_eq!(shop::counted(&[(1, 1)].into()), 1);
    assert_eq!(counts("shop::deep::deeper::bottom"), Counts::calls(1));
    assert_eq!(counts("shop::deep::sampled::each"), Counts::calls(1));
    assert_eq!(counts("shop::deep::deeper::skipped"), Counts::default());
    assert_eq!(counts("skipped_mod::inside"), Counts::default());
    assert_eq!(counts("shop::top"), Counts::calls(1));
    assert_eq!(counts("Limit as core::fmt::Display>::fmt"), Counts::calls(1));
}

mod facade {
    pub(super) mod inner {
        #[doc(hidden)]
        pub(in super::super) use perf_runtime::__private;
        pub(in super::super) use perf_runtime::*;
    }
}

#[facade::inner::profiled(crate = crate::blocks::facade::inner)]
fn through_a_facade() -> Option<u32> {
    Some(1_u32)?.checked_add(1)
}

#[facade::inner::profiled(crate = "crate::blocks::facade::inner")]
async fn through_a_facade_later() -> Option<u32> {
    Some(1_u32)?.checked_add(1)
}

#[test]
fn the_runtime_may_have_another_name() {
    assert_eq!((through_a_facade(), block_on(through_a_facade_later())), (Some(2), Some(2)));
    assert_eq!(counts("blocks::through_a_facade"), Counts::calls(1));
}
