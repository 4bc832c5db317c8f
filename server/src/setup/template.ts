/**
 * What `slipway init-workspace` makes: catalogs for development, staging and production, and who works in them. It is
 * meant to be printed (`--print`), kept in version control, and changed.
 */
export const WORKSPACE_TEMPLATE = `# Three catalogs, and the people who work in them. Apply it with \`slipway apply -f workspace.yaml\`;
# what stands here is made so, what does not is left as it is.
version: 1

# Exactly those that a list \`members\` names are in a group: users, service principals, groups. Without a list the group
# keeps whom it has.
groups:
  # Train models, and register them in dev. They do not know what is in staging and prod.
  - name: Data Scientists
  # Own the way to production.
  - name: ML Engineers
  # Decide what serves: they move aliases and stages in staging and prod, and write no model.
  - name: Model Reviewers
  # Register models in prod: pipelines, by their service principals.
  - name: Model Creators
  # Load what serves in prod.
  - name: Model Deployers

catalogs:
  - name: dev
    comment: Where models are tried out
    owner: admins
    schemas:
      - name: ml
        comment: Models and data of all projects
    grants:
      - principal: Data Scientists
        privileges: [USE CATALOG, USE SCHEMA, CREATE MODEL, CREATE MODEL VERSION, EXECUTE, APPLY TAG, CREATE TABLE, SELECT, MODIFY, CREATE VOLUME, READ VOLUME, WRITE VOLUME]
      - principal: ML Engineers
        privileges: [USE CATALOG, USE SCHEMA, CREATE SCHEMA, CREATE MODEL, CREATE MODEL VERSION, EXECUTE, APPLY TAG, APPROVE, CREATE TABLE, SELECT, MODIFY, CREATE VOLUME, READ VOLUME, WRITE VOLUME]

  - name: staging
    comment: Where models are checked before they serve
    owner: admins
    schemas:
      - name: ml
        comment: Models that are checked
    grants:
      - principal: ML Engineers
        privileges: [USE CATALOG, USE SCHEMA, CREATE MODEL, CREATE MODEL VERSION, EXECUTE, APPLY TAG, APPROVE]
      - principal: Model Reviewers
        privileges: [USE CATALOG, USE SCHEMA, EXECUTE, APPROVE]

  - name: prod
    comment: What serves
    owner: admins
    schemas:
      - name: ml
        comment: Models that serve
    grants:
      - principal: ML Engineers
        privileges: [USE CATALOG, USE SCHEMA, CREATE MODEL, CREATE MODEL VERSION, EXECUTE, APPLY TAG]
      - principal: Model Creators
        privileges: [USE CATALOG, USE SCHEMA, CREATE MODEL, CREATE MODEL VERSION, EXECUTE, APPLY TAG]
      - principal: Model Reviewers
        privileges: [USE CATALOG, USE SCHEMA, EXECUTE, APPROVE]
      - principal: Model Deployers
        privileges: [USE CATALOG, USE SCHEMA, EXECUTE]
`;
