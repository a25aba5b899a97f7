use perf_runtime::profiled;

#[profiled(slo(p42 = "200ms"))]
fn unknown() {}

#[profiled(slo(p95 = "200"))]
fn without_a_unit() {}

#[profiled(slo(errors = 1.5))]
fn more_than_all() {}

#[profiled(slo(p95 = LIMIT))]
fn no_literal() {}

#[profiled(slo)]
fn nothing() {}

#[profiled(slo(p95 = "1s", p95 = "2s"))]
fn twice() {}

#[profiled(slo(p99 = "100ms", p50 = "1s"))]
fn falling() {}

#[profiled(in_flight = true)]
fn a_flag() {}

fn main() {}
