namespace K8sBackup.FakeKube.Access;

/// <summary>What somebody may do; <c>*</c> stands for anything. What a SubjectAccessReview answers.</summary>
public sealed record AccessRule(string User, string Verb, string Group, string Resource)
{
    public string Namespace { get; init; } = "*";

    public string Name { get; init; } = "*";
}
