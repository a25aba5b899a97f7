//! Tests of the whole: see `tests/`. Nothing here is built by users.
