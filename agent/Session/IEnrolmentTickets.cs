namespace K8sBackup.Agent.Session;

/// <summary>Where tickets come from. Read anew for every attempt, so one can be put in place, or replaced, later.</summary>
internal interface IEnrolmentTickets
{
    /// <summary>The ticket, or in words why there is none.</summary>
    (EnrolmentTicket? Ticket, string Fault) Read();
}
