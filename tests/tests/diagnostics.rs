//! One misuse a file, whose name is the sentence; what the compiler says about it is beside it.

#[test]
fn every_misuse_is_explained_where_it_is() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
