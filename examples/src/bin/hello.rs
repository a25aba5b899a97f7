//! The smallest program there is: annotate, run, read.

use perf_runtime::profiled;

#[profiled]
fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.parse()
}

#[profiled]
fn sum(texts: &[String]) -> u64 {
    texts.iter().filter_map(|text| parse(text).ok()).sum()
}

fn main() {
    let texts: Vec<String> = (0..1_000).map(|n| if n % 10 == 9 { "none".to_owned() } else { n.to_string() }).collect();
    let total: u64 = (0..1_000).map(|_| sum(&texts)).sum();

    let snapshot = perf_runtime::snapshot();
    if let Some(parse) = snapshot.function("parse") {
        println!("{total} from {} texts, {} of them no numbers\n", parse.calls(), parse.errors());
    }
    println!("{snapshot}");
}
