-- Lists by their deadline.

CREATE INDEX tickets_due ON tickets (academy, due_at)
    WHERE due_at IS NOT NULL AND status NOT IN ('resolved', 'closed');
