"""The plan without a cloud: one recorded object that tests, packs, exports and evidence all read."""
