import type { Migration } from '../migrate.ts';

/** Characters of a param's or tag's value that an index holds; longer values are compared again in full. */
const INDEXED = 120;

export const tracking: Migration = {
  version: 1,
  name: 'tracking',
  statements: ({ id, publicId, int, float, text, clustered, prefix }) => [
    `CREATE TABLE experiments (
      experiment_no ${publicId},
      name ${text} NOT NULL UNIQUE,
      artifact_location ${text} NOT NULL,
      lifecycle_stage ${text} NOT NULL DEFAULT 'active',
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      deleted_at ${int},
      locks_finished_runs ${int} NOT NULL DEFAULT 0,
      mutable_tags ${text} NOT NULL DEFAULT '[]'
    )`,
    'CREATE INDEX experiments_by_time ON experiments (lifecycle_stage, creation_time DESC, experiment_no)',
    `CREATE TABLE experiment_tags (
      experiment_no ${int} NOT NULL REFERENCES experiments ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (experiment_no, key)
    ) ${clustered}`,

    `CREATE TABLE runs (
      run_no ${id},
      run_id ${text} NOT NULL UNIQUE,
      experiment_no ${int} NOT NULL REFERENCES experiments,
      name ${text} NOT NULL,
      user_id ${text},
      status ${text} NOT NULL,
      start_time ${int} NOT NULL,
      end_time ${int},
      lifecycle_stage ${text} NOT NULL DEFAULT 'active',
      deleted_at ${int}
    )`,
    'CREATE INDEX runs_by_start ON runs (experiment_no, lifecycle_stage, start_time DESC, run_id)',
    `CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL`,
    `CREATE TABLE run_tags (
      run_no ${int} NOT NULL REFERENCES runs ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      experiment_no ${int} NOT NULL,
      PRIMARY KEY (run_no, key)
    ) ${clustered}`,
    `CREATE INDEX run_tags_by_value ON run_tags (experiment_no, key, ${prefix('value', INDEXED)})`,
    `CREATE TABLE params (
      run_no ${int} NOT NULL REFERENCES runs ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      experiment_no ${int} NOT NULL,
      PRIMARY KEY (run_no, key)
    ) ${clustered}`,
    `CREATE INDEX params_by_value ON params (experiment_no, key, ${prefix('value', INDEXED)})`,

    // One row a (run, metric): the latest point, and what filters on the history need without reading it.
    `CREATE TABLE metric_series (
      series_no ${id},
      run_no ${int} NOT NULL REFERENCES runs ON DELETE CASCADE,
      experiment_no ${int} NOT NULL,
      key ${text} NOT NULL,
      step ${int} NOT NULL,
      timestamp ${int} NOT NULL,
      value ${float} NOT NULL,
      is_nan ${int} NOT NULL,
      point_count ${int} NOT NULL,
      min_value ${float},
      max_value ${float},
      in_order ${int} NOT NULL DEFAULT 1,
      UNIQUE (run_no, key)
    )`,
    // With the run at the end, a walk in the order of values need not read the rows.
    'CREATE INDEX metric_series_by_value ON metric_series (experiment_no, key, is_nan, value, run_no)',
    // Clustered by step: a chart's range and "at step n" are walks, and so is the history where time follows step.
    `CREATE TABLE metric_points (
      series_no ${int} NOT NULL REFERENCES metric_series ON DELETE CASCADE,
      step ${int} NOT NULL,
      timestamp ${int} NOT NULL,
      value ${float} NOT NULL,
      is_nan ${int} NOT NULL,
      PRIMARY KEY (series_no, step, timestamp, value, is_nan)
    ) ${clustered}`,

    // Extremes of every 512 points in step order, made after the fact: a chart reads these instead of the points.
    `CREATE TABLE metric_summaries (
      series_no ${int} NOT NULL REFERENCES metric_series ON DELETE CASCADE,
      last_step ${int} NOT NULL,
      last_timestamp ${int} NOT NULL,
      last_value ${float} NOT NULL,
      first_step ${int} NOT NULL,
      points ${int} NOT NULL,
      min_step ${int},
      min_timestamp ${int},
      min_value ${float},
      max_step ${int},
      max_timestamp ${int},
      max_value ${float},
      PRIMARY KEY (series_no, last_step, last_timestamp, last_value)
    ) ${clustered}`,

    `CREATE TABLE datasets (
      dataset_no ${id},
      experiment_no ${int} NOT NULL REFERENCES experiments ON DELETE CASCADE,
      name ${text} NOT NULL,
      digest ${text} NOT NULL,
      source_type ${text} NOT NULL,
      source ${text} NOT NULL,
      schema_json ${text},
      profile ${text},
      UNIQUE (experiment_no, name, digest)
    )`,
    `CREATE TABLE run_datasets (
      input_no ${id},
      run_no ${int} NOT NULL REFERENCES runs ON DELETE CASCADE,
      dataset_no ${int} NOT NULL REFERENCES datasets ON DELETE CASCADE,
      UNIQUE (run_no, dataset_no)
    )`,
    'CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset_no)',
    `CREATE TABLE run_dataset_tags (
      input_no ${int} NOT NULL REFERENCES run_datasets ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (input_no, key)
    ) ${clustered}`,

    `CREATE TABLE logged_models (
      model_no ${id},
      model_id ${text} NOT NULL UNIQUE,
      experiment_no ${int} NOT NULL REFERENCES experiments,
      name ${text} NOT NULL,
      model_type ${text},
      source_run_id ${text},
      status ${text} NOT NULL,
      status_message ${text},
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      lifecycle_stage ${text} NOT NULL DEFAULT 'active',
      deleted_at ${int}
    )`,
    'CREATE INDEX logged_models_by_time ON logged_models (experiment_no, lifecycle_stage, creation_time DESC, model_id)',
    'CREATE INDEX logged_models_by_run ON logged_models (source_run_id)',
    `CREATE TABLE logged_model_params (
      model_no ${int} NOT NULL REFERENCES logged_models ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (model_no, key)
    ) ${clustered}`,
    `CREATE TABLE logged_model_tags (
      model_no ${int} NOT NULL REFERENCES logged_models ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (model_no, key)
    ) ${clustered}`,
    `CREATE TABLE logged_model_metrics (
      model_no ${int} NOT NULL REFERENCES logged_models ON DELETE CASCADE,
      key ${text} NOT NULL,
      step ${int} NOT NULL,
      timestamp ${int} NOT NULL,
      value ${float} NOT NULL,
      is_nan ${int} NOT NULL,
      run_id ${text} NOT NULL,
      dataset_name ${text},
      dataset_digest ${text},
      PRIMARY KEY (model_no, key, timestamp, step, run_id)
    ) ${clustered}`,
    `CREATE TABLE run_models (
      run_no ${int} NOT NULL REFERENCES runs ON DELETE CASCADE,
      direction ${text} NOT NULL,
      model_id ${text} NOT NULL,
      step ${int} NOT NULL DEFAULT 0,
      PRIMARY KEY (run_no, direction, model_id)
    ) ${clustered}`,
    'CREATE INDEX run_models_by_model ON run_models (model_id)',
  ],
};
