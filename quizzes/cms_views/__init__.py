"""Our own screens inside the CMS: a module each. No learner stands in any of them."""
