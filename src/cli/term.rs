//! What commands share: tables, times, file positions, questions, the user's config file.

pub mod consent;
pub mod finding;
pub mod help;
pub mod moment;
pub mod own_file;
pub mod place;
pub mod print;
pub mod table;
