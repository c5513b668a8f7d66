# What Dataflow needs to mine PMC: buckets, an image registry, identities, the Hub's token, a network without public
# addresses, the template, a daily update, a budget. One module each.

data "google_project" "this" {
  project_id = var.project
}

locals {
  services = toset([
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "dataflow.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])
  release = "gs://${module.buckets.release}/${var.release_path}"
}

resource "google_project_service" "this" {
  for_each           = local.services
  service            = each.value
  disable_on_destroy = false
}

module "kms" {
  source         = "./modules/kms"
  name           = var.name
  region         = var.region
  project_number = data.google_project.this.number
  depends_on     = [google_project_service.this]
}

module "buckets" {
  source    = "./modules/buckets"
  name      = "${var.project}-${var.name}"
  region    = var.region
  kms_key   = module.kms.key
  work_days = var.work_days
}

module "registry" {
  source  = "./modules/registry"
  name    = var.name
  region  = var.region
  kms_key = module.kms.key
}

module "secrets" {
  source  = "./modules/secrets"
  name    = var.name
  region  = var.region
  kms_key = module.kms.key
}

module "identities" {
  source     = "./modules/identities"
  project    = var.project
  name       = var.name
  region     = var.region
  release    = module.buckets.release
  work       = module.buckets.work
  repository = module.registry.repository
  hub_token  = module.secrets.hub_token
}

module "network" {
  source     = "./modules/network"
  name       = var.name
  region     = var.region
  depends_on = [google_project_service.this]
}

module "template" {
  source              = "./modules/template"
  name                = var.name
  region              = var.region
  image               = var.image
  work                = module.buckets.work
  release             = local.release
  metadata            = "${path.module}/../dataflow/metadata.json"
  launcher            = module.identities.launcher
  worker              = module.identities.worker
  subnetwork          = module.network.subnetwork
  kms_key             = module.kms.key
  max_workers         = var.max_workers
  machine_type        = var.worker_machine_type
  requests_per_second = var.requests_per_second
  run                 = var.run_mine_job
}

module "launcher" {
  source              = "./modules/launcher"
  project             = var.project
  name                = var.name
  region              = var.region
  image               = var.image
  release             = local.release
  work                = module.buckets.work
  launcher            = module.identities.launcher
  worker              = module.identities.worker
  scheduler           = module.identities.scheduler
  network             = module.network.network
  subnetwork          = module.network.subnetwork
  hub_token           = module.secrets.hub_token
  publish_to          = var.publish_to
  schedule            = var.schedule
  kms_key             = module.kms.key
  max_workers         = var.max_workers
  machine_type        = var.worker_machine_type
  requests_per_second = var.requests_per_second
}

module "budget" {
  source          = "./modules/budget"
  project         = var.project
  name            = var.name
  billing_account = var.billing_account
  monthly_budget  = var.monthly_budget
  alert_email     = var.alert_email
  job             = module.launcher.job
}
