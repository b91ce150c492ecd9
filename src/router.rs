//! Who is asked, and who is asked next. Nothing here knows a wire.

pub mod ledger;
