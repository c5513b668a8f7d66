terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0, < 8.0"
    }
    # google_dataflow_flex_template_job is in no other.
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 6.0, < 8.0"
    }
  }

  # The state lies in a bucket of its own: terraform init -backend-config="bucket=YOUR-STATE-BUCKET"
  backend "gcs" {
    prefix = "pmcmine"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Budgets are of the billing account; their API counts calls on this project.
  billing_project       = var.project
  user_project_override = true
}

provider "google-beta" {
  project = var.project
  region  = var.region
}
