
#[cfg(test)]
mod bench_cases {
    use super::*;

    // SETUP
    fn case<A: FnOnce() -> String, B: FnOnce() -> String>(owner: &str, text: &str, said: A, wanted: B) {
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(said));
        let (said, wanted) = (said.unwrap_or_else(|_| "a panic".to_owned()), wanted());
        let tested = text.split(" == ").next().unwrap_or_default();
        let message = format!("`{tested}` is {said}, expected {wanted}");
        println!("\nrow [{owner:?}, {}, {message:?}]", said == wanted);
    }

    #[test]
    fn all() {
    // CASES
    }
}
