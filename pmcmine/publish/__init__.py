"""Upload a release to the Hugging Face Hub and check it, one repo per dataset folder. Needs `pmcmine[hub]`."""
