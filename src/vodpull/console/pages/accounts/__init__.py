"""What an account has and may: access keys, callbacks, who may watch its videos; not operators, who are `people`."""
