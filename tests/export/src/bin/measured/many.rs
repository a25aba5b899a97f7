//! Two hundred functions, so that there are many.

use perf_runtime::profiled;

macro_rules! module {
    ($module:ident: $($function:ident)*) => {
        mod $module {
            use perf_runtime::profiled;
            $(
                #[profiled]
                pub(super) fn $function(n: u64) -> u64 {
                    (0..n).fold(n, |sum, n| sum.wrapping_mul(31) ^ n)
                }
            )*
            pub(super) fn all(n: u64) -> u64 {
                let mut calls = 0_u64;
                $(
                    calls += 1;
                    for _ in 0..calls {
                        std::hint::black_box($function(n * calls));
                    }
                )*
                calls
            }
        }
    };
}

macro_rules! modules {
    ($($module:ident)*) => {
        $(module!($module: add_item apply_discount archive authorize cancel close collect compress convert count
            create_invoice decode encode enqueue estimate expire export fetch filter find_customer_by_email);)*

        #[profiled]
        pub(crate) fn call_all() -> u64 {
            let mut calls = 0;
            $(calls += $module::all(10 + calls);)*
            calls
        }
    };
}

modules!(accounts baskets catalogue customers deliveries invoices payments reports returns warehouse);
