//! Languages, incremental trees and what queries find in them.
