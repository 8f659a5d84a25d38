using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>What became of a token: a role, or why there is none.</summary>
/// <param name="Role">The role it gives.</param>
/// <param name="Refusal">Why it gives none.</param>
/// <param name="Pod">The pod it is bound to, as far as it says.</param>
public sealed record TokenVerdict(Role? Role, TokenRefusal? Refusal, string Pod)
{
    public static TokenVerdict Accepted(Role role, string pod) => new(role, null, pod);

    public static TokenVerdict Refused(TokenRefusal refusal, string pod = "") => new(null, refusal, pod);
}
