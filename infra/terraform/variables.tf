variable "project" {
  description = "Project that everything lies in."
  type        = string
}

variable "region" {
  description = "Region of all of it. PMC's bucket is in AWS us-east-1; us-east4 is near it."
  type        = string
  default     = "us-east4"
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "pmcmine"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "Use lower-case letters, digits and dashes, at most 21, a letter first."
  }
}

variable "image" {
  description = "Address of the container image with its digest (infra/container). Workers and launchers run it."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest, …@sha256:…, so that a run is the one that was tested."
  }
}

variable "release_path" {
  description = "Path of the release in its bucket."
  type        = string
  default     = "release"
}

variable "publish_to" {
  description = "ORG/NAME on the Hugging Face Hub that the daily update is published to; empty for none."
  type        = string
  default     = ""
}

variable "schedule" {
  description = "When the daily update starts, as cron in UTC. PMC's inventory is written about 01:00."
  type        = string
  default     = "0 6 * * *"
}

variable "requests_per_second" {
  description = "Budget of requests to PMC's bucket, over all workers."
  type        = number
  default     = 200
}

variable "max_workers" {
  description = "Most workers of a Dataflow job."
  type        = number
  default     = 32
}

variable "worker_machine_type" {
  description = "Machine type of workers."
  type        = string
  default     = "n2-standard-4"
}

variable "billing_account" {
  description = "Billing account of the budget."
  type        = string
}

variable "monthly_budget" {
  description = "Budget of a month, in whole units of the account's currency."
  type        = number
  default     = 500
}

variable "alert_email" {
  description = "Who is told of failed jobs and of the budget."
  type        = string
}

variable "run_mine_job" {
  description = "Start the mine job from the template when this is applied."
  type        = bool
  default     = false
}

variable "work_days" {
  description = "Days after which objects of the scratch bucket are deleted."
  type        = number
  default     = 14
}
