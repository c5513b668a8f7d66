# The daily update: a Cloud Run job that launches Dataflow, waits, and publishes; a scheduler that starts it.

variable "project" {
  type = string
}

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "image" {
  type = string
}

variable "release" {
  type = string
}

variable "work" {
  type = string
}

variable "launcher" {
  type = string
}

variable "worker" {
  type = string
}

variable "scheduler" {
  type = string
}

variable "network" {
  type = string
}

variable "subnetwork" {
  type = string
}

variable "hub_token" {
  type = string
}

variable "publish_to" {
  type = string
}

variable "schedule" {
  type = string
}

variable "kms_key" {
  type = string
}

variable "max_workers" {
  type = number
}

variable "machine_type" {
  type = string
}

variable "requests_per_second" {
  type = number
}

locals {
  # Options of Beam for each graph; the same as the template's job has.
  beam = [
    "--project=${var.project}",
    "--region=${var.region}",
    "--temp_location=gs://${var.work}/temp",
    "--staging_location=gs://${var.work}/staging",
    "--service_account_email=${var.worker}",
    "--subnetwork=https://www.googleapis.com/compute/v1/${var.subnetwork}",
    "--no_use_public_ips",
    "--dataflow_kms_key=${var.kms_key}",
    "--sdk_container_image=${var.image}",
    "--max_num_workers=${var.max_workers}",
    "--worker_machine_type=${var.machine_type}",
    "--experiments=use_runner_v2",
  ]
  update = concat(
    ["pmcmine", "update", var.release, "--runner", "dataflow", "--set", "requests_per_second=${var.requests_per_second}"],
    [for option in local.beam : "--beam=${option}"],
  )
  publish = var.publish_to == "" ? [] : ["pmcmine", "publish", var.release, var.publish_to]
  # Exit code 1 says "done, more than the threshold lost to faults": the release is whole and may be published.
  script = join(" ", concat(
    [join(" ", [for word in local.update : "'${word}'"])],
    length(local.publish) == 0 ? [] : ["|| [ $? -eq 1 ] || exit 2;", join(" ", [for word in local.publish : "'${word}'"])],
  ))
}

resource "google_cloud_run_v2_job" "update" {
  name                = "${var.name}-update"
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = var.launcher
      max_retries     = 2
      timeout         = "86400s"
      encryption_key  = var.kms_key

      vpc_access {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = var.network
          subnetwork = var.subnetwork
        }
      }

      containers {
        image   = var.image
        command = ["sh", "-c"]
        args    = [local.script]

        resources {
          limits = {
            cpu    = "4"
            memory = "16Gi"
          }
        }

        env {
          name = "HF_TOKEN"
          value_source {
            secret_key_ref {
              secret  = var.hub_token
              version = "latest"
            }
          }
        }
      }
    }
  }
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  location = var.region
  name     = google_cloud_run_v2_job.update.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${var.scheduler}"
}

resource "google_cloud_scheduler_job" "update" {
  name             = "${var.name}-update"
  region           = var.region
  schedule         = var.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"

  retry_config {
    retry_count = 3
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project}/locations/${var.region}/jobs/${google_cloud_run_v2_job.update.name}:run"

    oauth_token {
      service_account_email = var.scheduler
    }
  }
}

output "job" {
  value = google_cloud_run_v2_job.update.name
}
