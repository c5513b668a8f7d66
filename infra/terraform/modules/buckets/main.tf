# The release, the scratch of runs, and the log of who read what.

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "kms_key" {
  type = string
}

variable "work_days" {
  type = number
}

resource "google_storage_bucket" "logs" {
  # checkov:skip=CKV_GCP_62:it is the bucket that logs are kept in
  name                        = "${var.name}-logs"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  encryption {
    default_kms_key_name = var.kms_key
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      age = 90
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_storage_bucket" "release" {
  name                        = "${var.name}-release"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  encryption {
    default_kms_key_name = var.kms_key
  }

  versioning {
    enabled = true
  }

  logging {
    log_bucket        = google_storage_bucket.logs.name
    log_object_prefix = "release"
  }

  # A rewritten shard's old bytes are kept for a week, against mistakes; what was withdrawn must not stay longer.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 7
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_storage_bucket" "work" {
  # checkov:skip=CKV_GCP_78:scratch that is deleted after days; versions of it would only cost
  name                        = "${var.name}-work"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  encryption {
    default_kms_key_name = var.kms_key
  }

  logging {
    log_bucket        = google_storage_bucket.logs.name
    log_object_prefix = "work"
  }

  lifecycle_rule {
    condition {
      age            = var.work_days
      matches_prefix = ["temp/", "staging/"]
    }
    action {
      type = "Delete"
    }
  }
}

output "release" {
  value = google_storage_bucket.release.name
}

output "work" {
  value = google_storage_bucket.work.name
}
