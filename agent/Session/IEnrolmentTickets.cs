namespace K8sBackup.Agent.Session;

/// <summary>Where tickets come from. Read anew for every attempt, so one can be put in place, or replaced, later.</summary>
internal interface IEnrolmentTickets
{
    /// <summary>Whether the cluster puts them in place and keeps them fresh: one that is missing will come, and its authority is the one that counts.</summary>
    bool AreKeptFresh { get; }

    /// <summary>The ticket, or in words why there is none.</summary>
    (EnrolmentTicket? Ticket, string Fault) Read();
}
