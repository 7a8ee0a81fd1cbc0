const subscription = {
  clients_id: 12,
  packages_id: 5,
  qty: 1,
  start_dt: "2026-01-01T00:00:00+00:00",
  status: "active",
  condition: "activated",
  fees: [{ type: "subscription", name: "Monthly fee", note: "", rate: "9.90" }],
} as const;

const balance = { clients_id: 12, credit: "100", currency: "EUR" } as const;

const rates = { id: 77, file_name: "rates-a-z.csv", rows: 12_500, errors: 0, rate_tables_id: 3 } as const;

/** One sample of the data of every event, by its id: a small telecom customer's life. */
export const sampleData = {
  "clients.create": {
    id: 12,
    name: "Example Telecom",
    companies_id: 1,
    currencies_id: 2,
    credit: "100",
    c_email: "noc@example.net",
    tz: "UTC",
  },
  "clients.update": { id: 12, name: "Example Telecom Ltd", credit: "250.50" },
  "clients.custom_fields.update": { id: 12, custom_fields: { sales_region: "north", account_manager: null } },
  "clients.accounts.create": {
    id: 40,
    clients_id: 12,
    name: "sip-trunk-1",
    auth_type: "name",
    accname: "trunk1",
    password: "s3cret-trunk",
  },
  "clients.accounts.update": { id: 40, clients_id: 12, orig_capacity: 30, tech_prefix: null },
  "clients.packages.assign": { id: 900, ...subscription, condition: "new" },
  "clients.packages.activate": { id: 900, ...subscription },
  "clients.packages.renew": { id: 900, ...subscription, renew_due: "2026-02-01T00:00:00+00:00" },
  "clients.packages.deactivate": { id: 900, ...subscription, condition: "deactivated" },
  "clients.packages.close": { id: 900, ...subscription, status: "archive", condition: "deactivated" },
  "clients.balance_zero": { ...balance, balance: "0", available: "100" },
  "clients.balance_notzero": { ...balance, balance: "50.25", available: "150.25" },
  "email_rates_manager.import": { ...rates, state: "received" },
  "importd.process_success": { ...rates, state: "done" },
  "importd.process_failed": { ...rates, id: 78, errors: 17, state: "failed" },
  "clients.accounts.delete": { id: 40, clients_id: 12 },
  "clients.archive": { id: 12 },
  "clients.delete": { id: 12 },
} as const;
