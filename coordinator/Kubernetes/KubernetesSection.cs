using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Reads the <c>kubernetes</c> section.</summary>
internal static class KubernetesSection
{
    private const int NameCharactersMax = 253;

    /// <summary>Null when there is none.</summary>
    public static KubernetesOptions? Read(YamlObject? section, string directory)
    {
        if (section is null)
        {
            return null;
        }

        KubernetesOptions standard = new();
        KubernetesOptions options = new()
        {
            Kubeconfig = section.OptionalPath("kubeconfig", directory) ?? "",
            Namespace = Name(section, "namespace", standard.Namespace),
            Home = section.Has("home") ? section.Choice("home", ("resources", KubernetesHome.Resources), ("files", KubernetesHome.Files)) : standard.Home,
            Lease = Name(section, "lease", standard.Lease),
            CaConfigMap = Name(section, "caConfigMap", standard.CaConfigMap),
            AuthoritySecret = Name(section, "authoritySecret", standard.AuthoritySecret),
            Enrolment = Enrolment(section.Mapping("enrolment")),
        };
        section.RejectOthers();
        return options;
    }

    private static ServiceAccountOptions Enrolment(YamlObject? section)
    {
        ServiceAccountOptions standard = new();
        if (section is null)
        {
            return standard;
        }

        ServiceAccountOptions options = new()
        {
            Audience = section.Text("audience") ?? standard.Audience,
            ControlPlaneServiceAccount = Name(section, "controlPlaneServiceAccount", standard.ControlPlaneServiceAccount),
            WorkerServiceAccount = Name(section, "workerServiceAccount", standard.WorkerServiceAccount),
        };
        if (options.ControlPlaneServiceAccount == options.WorkerServiceAccount)
        {
            section.Fault("workerServiceAccount", "must be another account than controlPlaneServiceAccount: the account says what an agent may do.");
        }

        section.RejectOthers();
        return options;
    }

    private static string Name(YamlObject section, string field, string otherwise)
    {
        string name = section.Text(field) ?? otherwise;
        bool isName = name.Length <= NameCharactersMax
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')
            && (name.Length == 0 || (char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])));
        if (!isName)
        {
            section.Fault(field, $"'{name}' is no name of a Kubernetes object.");
        }

        return name;
    }
}
