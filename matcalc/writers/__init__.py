"""Writers: Expr → a formula in another language. A writer is loaded when it is asked for."""
