use perf_runtime::{Rejected, retry};

struct Job;

impl Job {
    #[retry(attempts = 3)]
    fn f(self) -> Result<(), Rejected> {
        Ok(())
    }
}

fn main() {}
