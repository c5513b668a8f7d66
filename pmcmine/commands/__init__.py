"""Commands of the command line, a module a group. Heavy parts are imported inside of them."""
