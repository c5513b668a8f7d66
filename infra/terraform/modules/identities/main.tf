# Three identities with what each needs: who launches, who works, who wakes the launcher.

variable "project" {
  type = string
}

variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "release" {
  type = string
}

variable "work" {
  type = string
}

variable "repository" {
  type = string
}

variable "hub_token" {
  type = string
}

resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "pmcmine: Dataflow workers"
}

resource "google_service_account" "launcher" {
  account_id   = "${var.name}-launcher"
  display_name = "pmcmine: submits jobs, assembles, publishes"
}

resource "google_service_account" "scheduler" {
  account_id   = "${var.name}-scheduler"
  display_name = "pmcmine: starts the daily update"
}

# What Dataflow asks of a worker's identity, and nothing else on the project.
resource "google_project_iam_member" "worker" {
  project = var.project
  role    = "roles/dataflow.worker"
  member  = google_service_account.worker.member
}

resource "google_project_iam_member" "launcher" {
  # checkov:skip=CKV_GCP_49:it is the role that submits jobs; it acts as the workers' account alone, by the binding below
  project = var.project
  role    = "roles/dataflow.developer"
  member  = google_service_account.launcher.member
}

# The launcher may start workers under their identity, and under no other.
resource "google_service_account_iam_member" "launcher_as_worker" {
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.launcher.member
}

resource "google_storage_bucket_iam_member" "objects" {
  for_each = {
    worker-release   = [var.release, google_service_account.worker.member]
    worker-work      = [var.work, google_service_account.worker.member]
    launcher-release = [var.release, google_service_account.launcher.member]
    launcher-work    = [var.work, google_service_account.launcher.member]
  }
  bucket = each.value[0]
  role   = "roles/storage.objectAdmin"
  member = each.value[1]
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  for_each = {
    worker   = google_service_account.worker.member
    launcher = google_service_account.launcher.member
  }
  location   = var.region
  repository = var.repository
  role       = "roles/artifactregistry.reader"
  member     = each.value
}

# Workers never see the token.
resource "google_secret_manager_secret_iam_member" "launcher" {
  secret_id = var.hub_token
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.launcher.member
}

output "worker" {
  value = google_service_account.worker.email
}

output "launcher" {
  value = google_service_account.launcher.email
}

output "scheduler" {
  value = google_service_account.scheduler.email
}
